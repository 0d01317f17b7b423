"""The widget: what it shows, and what a change of it means."""
