"""Seedbed's sweeper and launcher for Hydra."""
