"""A process that imports what every sweep needs: what starting costs at least, in time and memory.

Says so, and waits for its end.
"""

import sys

import mlflow
import mlflow.sklearn  # noqa: F401
import seaborn  # noqa: F401
import sklearn.neighbors  # noqa: F401

print("imported", flush=True)
sys.stdin.read()
