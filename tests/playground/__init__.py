"""The playground: running a program, the local server, the folder for a web server."""
