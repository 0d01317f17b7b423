"""The gallery without its data: the command line, pictures, sounds and players."""
