"""A process that imports what every sweep needs: what starting costs at least, in time and memory.

Prints the time at which all was imported, in seconds since 1970; with `stay` it waits for the end of its input.
"""

import sys
import time

import mlflow
import mlflow.sklearn  # noqa: F401
import seaborn  # noqa: F401
import sklearn.neighbors  # noqa: F401

print(time.time(), flush=True)
if "stay" in sys.argv:
    sys.stdin.read()
