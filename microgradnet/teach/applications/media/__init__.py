"""Pictures, sounds and films as files: what the gallery shows a person."""
