"""What a reader gets: analyses and explorations come in; figures, HTML, Markdown, JSON and text go out."""
