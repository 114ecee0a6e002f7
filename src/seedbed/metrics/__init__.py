"""Every score: truth, predictions and probabilities come in, numbers go out."""
