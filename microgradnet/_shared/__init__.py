"""Common tools of all wings: text, files written atomically, CSV, web pages and their style."""
