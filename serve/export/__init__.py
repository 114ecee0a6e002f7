"""A version as a folder that runs alone: a served model comes in, files go out."""
