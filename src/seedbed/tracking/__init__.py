"""MLflow, all of it and only here: records come in and are kept, runs, sweeps and versions come back as values."""
