"""What can be compared, read, ranked and reported: sweeps, searches, frames come in; a value and files go out."""
