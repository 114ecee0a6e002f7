"""Many runs as one sweep: words to a grid, one composition, workers, a parent run in MLflow.

The modules that the typing process imports (`grid`, `compose`, `folders`, `pool`, `sweep`, `progress`) are light; what
needs MLflow and scikit-learn (`cells`, `parent`, `work`) runs in processes forked from one that has imported them once.
"""
