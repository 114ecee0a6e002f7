"""From bytes to a table: a path or an address comes in, checked columns, rows held out and splits go out."""
