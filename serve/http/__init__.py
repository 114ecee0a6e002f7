"""The program behind the page: settings come in, a running server with its routes goes out."""
