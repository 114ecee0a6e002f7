"""The model that answers: a version's folder and typed values come in, answers and their reasons go out."""
