"""Names, text, LaTeX, typography."""
