"""Tune a classifier on a table and show that the choice is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["results"]


def results(sweep: str = "latest", *, dataset: str = "iris", uri: str | None = None) -> pd.DataFrame:
    """Return the finished runs of a sweep as a frame, for notebooks.

    Parameters
    ----------
    sweep : an id, a unique beginning of one, a run's name, or `latest`, the newest finished sweep of the dataset.
    uri : the store; by default the one that every command takes.

    Returns
    -------
    frame : one row a run: run, candidate, seed, n_train, n_test, `params.*`, `metrics.*`.
    """
    # Late, so that no other import of the library waits for MLflow and pandas.
    from seedbed.tracking.frames import load_results

    return load_results(sweep, dataset, uri)
