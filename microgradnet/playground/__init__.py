"""The playground: an editor for Python beside the page that plays the graph which the program computes.

    microgradnet playground               a server on this machine, which runs programs with this Python
    microgradnet playground --build DIR   a folder for any web server, which runs them in the browser (Pyodide)

Both have one front end (`assets/`), which sends a program to `runner.run` and shows what comes back. `npm/` builds its
editor (`npm ci && npm run bundles`, there) and pins what the folder has from npm; `assets/service.js` keeps its
files in the browser, for times without a network.
"""
