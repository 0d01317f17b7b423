"""How values and operations are written: names, symbols, text, LaTeX, JavaScript and Python."""
