"""A process that imports what a page needs; with `alone` what an exported one needs. Says so, and waits for its end."""

import sys

if "alone" in sys.argv:
    import gradio
    import sklearn.neighbors
    import skops.io
else:
    import gradio  # noqa: F401
    import hydra  # noqa: F401
    import mlflow  # noqa: F401
    import sklearn.neighbors  # noqa: F401
    import skops.io  # noqa: F401

print("imported", flush=True)
sys.stdin.read()
