"""Tune a classifier on a table and show that the choice is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["results"]


def results(sweep: str = "latest", *, dataset: str | None = None, uri: str | None = None) -> pd.DataFrame:
    """Return the finished runs of a sweep as a frame, for notebooks.

    Parameters
    ----------
    sweep : an id, a unique beginning of one, a run's name, or `latest`, the newest finished sweep of the dataset.
    dataset, uri : the dataset's name and the store; by default those that every command takes.

    Returns
    -------
    frame : one row a run: run, candidate, seed, n_train, n_test, `params.*`, `metrics.*`.
    """
    # Imported late, so that importing one part of the library does not load MLflow and pandas.
    from seedbed.tracking.frames import load_results

    return load_results(sweep, dataset, uri)
