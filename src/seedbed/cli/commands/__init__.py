"""The verbs: one module each, called by the script of the same name."""
