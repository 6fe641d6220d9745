"""A table as text: console, Markdown, LaTeX."""
