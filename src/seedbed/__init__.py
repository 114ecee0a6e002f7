"""Tune a classifier on a table and show that the choice is right.

For notebooks: `compare` ranks the candidates of a sweep, a search or a frame, and `results` gives a sweep's runs. What
`__all__` names, with the parameters and attributes that are documented there, stays as it is until the next major
version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from seedbed.errors import BadInput, NotDone

if TYPE_CHECKING:
    import pandas as pd

    from seedbed.comparison.comparison import Comparison

__all__ = ["BadInput", "NotDone", "compare", "results"]


def compare(
    source: str | Sequence[str] | pd.DataFrame | Any = "latest",
    *,
    metric: str | None = None,
    rule: Literal["highest_mean", "one_standard_error"] | None = None,
    candidate: str | Sequence[str] | None = None,
    split: str | None = None,
    test_train_ratio: float | None = None,
    dataset: str | None = None,
    uri: str | None = None,
) -> Comparison:
    """Rank candidates over the same splits, choose one, and say how sure that is; nothing is recorded.

    Parameters
    ----------
    source : a sweep's id, a unique beginning of one, its name or `latest`, several of one table as a list or joined by
        +; a fitted GridSearchCV or RandomizedSearchCV; a frame of runs as `mlflow.search_runs` gives it; or a frame of
        predictions, one row a test, with columns candidate, split, row, truth, prediction, and, if there are any, one
        `probability/CLASS` a class and `group` for rows that belong together.
    metric : what to choose by, accuracy by default; of a search with several metrics one of them. Of one that is not
        this library's, higher is better.
    rule : the highest mean, or the simplest candidate within one standard error of it.
    candidate : the params or columns that together name a candidate, one called estimator its family.
    split : the param or column that names a split.
    test_train_ratio : n_test/n_train. A search states it by most kinds of `cv`, runs by metrics n_train and n_test.
        Without it there are means, and neither intervals nor tests.
    dataset : the name of a sweep's table; of all else the title.
    uri : the store of a sweep, by default the one that every command takes.

    Returns
    -------
    comparison : what its class documents. What the input cannot give is None, and its `remarks` say so.

    Raises
    ------
    BadInput : what is named is not there, candidates were not tested on the same rows and splits, a search is not
        fitted, or an option changes nothing. NotDone : no store, or no candidate with a score on every split.
    """
    options = {name: value for name, value in locals().items() if name != "source" and value is not None}
    # Late, as below.
    from seedbed.comparison.inputs import compare_input

    return compare_input(source, options)


def results(sweep: str = "latest", *, dataset: str | None = None, uri: str | None = None) -> pd.DataFrame:
    """Return the finished runs of a sweep as a frame, for notebooks.

    Parameters
    ----------
    sweep : an id, a unique beginning of one, a run's name, or `latest`, the newest finished sweep of the dataset.
    dataset, uri : the dataset's name and the store; by default those that every command takes.

    Returns
    -------
    frame : one row a run: run, candidate, seed, n_train, n_test, `params.*`, `metrics.*`.

    Raises
    ------
    BadInput : no such sweep. NotDone : no store, or no finished run.
    """
    # Imported late, so that importing one part of the library does not load MLflow and pandas.
    from seedbed.tracking.frames import load_results

    return load_results(sweep, dataset, uri)
