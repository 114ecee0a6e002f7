"""What a run and a sweep leave: values that are the same before and after MLflow."""
