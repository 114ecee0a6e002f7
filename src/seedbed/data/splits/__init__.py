"""Which rows a run trains on and tests: labels and a seed come in, arrays of row numbers go out."""
