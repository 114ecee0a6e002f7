"""What a column is: bytes or text come in, cells under a header and numbers go out, and the colour of each class."""
