"""Runs, again and in sweeps: configs and a table come in, records in MLflow go out."""
