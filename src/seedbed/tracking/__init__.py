"""Runs in MLflow: where they are kept, writing them, reading them back. No MLflow type leaves this room."""
