"""What a reader gets: the page's folder beside a promoted model."""
