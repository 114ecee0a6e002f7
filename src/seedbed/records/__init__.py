"""What a run and a sweep leave, as values: numbers come in, records go out that are the same after MLflow."""
