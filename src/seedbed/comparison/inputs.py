"""What is compared besides sweeps, read into a record: a fitted search, a frame of runs, one of predictions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from seedbed.comparison.comparison import Comparison
from seedbed.config.candidate import FAMILY, compute_candidate_id, parse_param
from seedbed.config.schema import Selection
from seedbed.errors import BadInput, BadValue, UnknownName, clip, flatten, join_names
from seedbed.metrics.metric import ACCURACY, find_metric
from seedbed.metrics.names import GROUP, METRIC_COLUMN, PROBABILITY
from seedbed.metrics.predictions import list_classes
from seedbed.records.records import PARAMS, RATIO, SweepRecord
from seedbed.selection.analysis import analyze_sweep

_TESTED = ["truth", "prediction"]  # by these columns predictions are told from runs
_FAMILY = "estimator"  # the param that tells families apart
_KEYS = {_FAMILY: FAMILY, "name": "candidate.name"}  # of params that would mean something else in a sweep
_TURNED = "neg_"  # before scorers of scikit-learn whose sign is turned, so that higher is better


def compare_input(source: Any, options: Mapping[str, Any]) -> Comparison:
    """Compare what `seedbed.compare` takes, by the options that were given; its docstring says what this raises."""
    kind, read = type(source).__name__, read_search  # type: tuple[str, Any]
    if stored := isinstance(source, str) or isinstance(source, list | tuple) and {*map(type, source)} == {str}:
        # Late, as the one input that needs MLflow, which takes seconds to load.
        from seedbed.comparison.sweeps import compare_stored

        kind, read = "a sweep", compare_stored
    elif isinstance(source, pd.DataFrame):
        kind, read = "Predictions" if {*_TESTED} <= {*source} else "Runs", read_frame
    elif not hasattr(source, "cv_results_"):
        raise BadInput(f"Compared are ids of sweeps, a fitted search, a frame of runs or predictions, and not {kind}.")
    takes = inspect.signature(read).parameters
    for name, value in options.items():
        if name not in {*takes, "dataset", "metric", "rule"}:
            raise BadInput(f"{name}={clip(value)} has no effect on {kind}; leave it out.")
        _check_option(name, value)
    if stored:
        return compare_stored(source, **options)
    record, metric = read(source, **{name: value for name, value in options.items() if name in takes})
    selection = Selection(metric, **{name: options[name] for name in ("rule",) if name in options})
    return Comparison(analysis=analyze_sweep(options.get("dataset", kind), record, selection, lambda candidate: None))


def _check_option(name: str, value: Any) -> None:
    if name == "test_train_ratio":
        if not (isinstance(value, int | float) and 0 < value < math.inf):
            raise BadValue(name, value, "a number above 0, n_test/n_train")
    elif {*map(type, value if name == "candidate" and isinstance(value, list | tuple) else [value])} != {str}:
        raise BadValue(name, value, "a text" + " or several" * (name == "candidate"))


def read_search(
    search: Any, *, metric: str | None = None, test_train_ratio: float | None = None
) -> tuple[SweepRecord, str]:
    """Read a fitted GridSearchCV or RandomizedSearchCV as a frame of runs, in which its classifiers are families."""
    if hasattr(search, "n_resources_"):
        raise BadInput("A halving search scores candidates on unlike numbers of rows, so that they cannot be ranked.")
    results, (column, name, sign) = search.cv_results_, _find_scorer(search, metric)
    told = [
        {_FAMILY if hasattr(own, "predict") else key: _to_param(own) for key, own in one.items()}
        for one in results["params"]
    ]
    params = pd.DataFrame(told, dtype=object).add_prefix(PARAMS)
    scores = [sign * results[f"split{split}_test_{column}"] for split in range(search.n_splits_)]
    runs = pd.concat(params.assign(split=split, **{METRIC_COLUMN + name: own}) for split, own in enumerate(scores))
    ratio = _find_ratio(search.cv) if test_train_ratio is None else test_train_ratio
    return read_frame(runs, candidate=list(map(str, params)), metric=name, test_train_ratio=ratio)


def _find_scorer(search: Any, metric: str | None) -> tuple[str, str, int]:
    """Return what a search's columns call a metric, its name here, and the sign that takes the one to the other."""
    scoring, start = search.scoring or (ACCURACY.name if is_classifier(search) else None), "mean_test_"
    columns = [key.removeprefix(start) for key in search.cv_results_ if key.startswith(start)]
    several = columns != ["score"]
    scorer = scoring.get(metric) if isinstance(scoring, Mapping) else metric if several else scoring
    column, name = str(metric) if several else "score", scorer if isinstance(scorer, str) else metric or "score"
    bare = name.removeprefix(_TURNED)
    if column not in columns or not several and metric not in (None, name, bare):
        raise BadValue("metric", metric, f"one of the search's, {join_names(columns if several else [name])}")
    return (column, bare, -1) if find_metric(bare).better == "lower" and bare != name else (column, name, 1)


def _find_ratio(cv: Any) -> float:
    """Return n_test/n_train where a way of splitting states it without the rows, else NaN."""
    cv = check_cv(cv)
    kind, known = type(cv).__name__, {**vars(cv), **getattr(cv, "cvargs", {})}  # those of repeated folds
    if kind.endswith("KFold"):
        return float(1 / (known["n_splits"] - 1))
    if kind in ("ShuffleSplit", "StratifiedShuffleSplit") and cv.train_size is None:
        share = 0.1 if cv.test_size is None else cv.test_size  # as scikit-learn's own default
        return share / (1 - share) if isinstance(share, float) else math.nan
    pairs = known.get("cv")  # of rows, where those were given
    return float(np.mean([len(test) / len(train) for train, test in pairs])) if pairs else math.nan


def read_frame(
    frame: pd.DataFrame,
    *,
    candidate: str | Sequence[str] = "candidate",
    split: str = "split",
    metric: str = ACCURACY.name,
    test_train_ratio: float = math.nan,
) -> tuple[SweepRecord, str]:
    """Read a frame of runs or predictions, and the metric's name; of predictions the scores are computed later."""
    tested, keys = {*_TESTED} <= {*frame}, [candidate] if isinstance(candidate, str) else list(candidate)
    columns = {_find_column(frame, key): key.removeprefix(PARAMS) for key in keys}
    splits = _find_column(frame, split)
    known = frame[splits].notna() & frame[[*columns]].notna().any(axis=1)
    known &= frame.get("status", "FINISHED") == "FINISHED"
    if not keys:
        raise BadInput("No param tells candidates apart, so that there is nothing to compare.")
    if not known.any():
        raise BadInput(f"The frame has no row, of a finished run, with values of {join_names([*keys, split])}.")
    frame = frame[known].reset_index(drop=True)
    numbers = frame.groupby([*columns], sort=False, dropna=False).ngroup()
    told = frame.loc[~numbers.duplicated(), [*columns]].rename(columns=columns).to_dict("records")
    cells = [_make_cell(own) for own in told]
    ids = list(map(compute_candidate_id, cells))
    named = numbers.map(dict(zip(numbers.unique(), ids, strict=True)))
    frame = frame.assign(candidate=named, seed=_number(frame[splits]))
    metric = metric.removeprefix(METRIC_COLUMN)
    runs, tests = _read_tests(frame) if tested else _read_scores(frame, metric)
    params = pd.DataFrame(cells, index=ids, dtype=object).add_prefix(PARAMS)
    runs = runs.join(params[~params.index.duplicated()], on="candidate").assign(run="")
    seeds = sorted({*runs["seed"].tolist()})
    runs = runs if math.isnan(test_train_ratio) else runs.assign(**{RATIO: test_train_ratio})
    name = f"{len({*ids})} candidates on {len(seeds)} splits"
    return SweepRecord(name=name, runs=runs, predictions=tests, axes={}, seeds=seeds), metric


def _read_scores(frame: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the runs of a frame with their scores, and no tests."""
    own: dict[str, Any] = {METRIC_COLUMN + metric: _find_numbers(frame, metric)}
    for size in ("n_train", "n_test"):
        own[size] = _find_numbers(frame, size) if {size, METRIC_COLUMN + size} & {*frame} else math.nan
    runs = frame[["candidate", "seed"]].assign(**own).drop_duplicates()
    for split in runs.loc[runs.duplicated(["candidate", "seed"]), "seed"]:
        raise BadInput(f"On split {split} runs of one candidate differ in {metric}; let candidate= name all that vary.")
    return runs, pd.DataFrame(columns=["run", "candidate", "seed", "row", *_TESTED])


def _read_tests(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the runs that predictions are of, and the tests; BadInput if these do not belong together."""
    own = [_find_column(frame, "row"), *_TESTED, *([GROUP] if GROUP in frame else [])]
    for name in frame[own].columns[frame[own].isna().any()]:
        raise BadInput(f"The column {name} has no value in some row.")
    shares = {name: _find_numbers(frame, name) for name in map(str, frame) if name.startswith(PROBABILITY)}
    tests = frame[["candidate", "seed", *own]].assign(run="", row=_number(frame["row"]), **shares)
    tests[_TESTED] = tests[_TESTED].convert_dtypes()  # 1.0 and 1 are one class
    counts = tests.groupby(["seed", "row"])["candidate"].agg(["size", "nunique"])
    every = tests.groupby("seed")["candidate"].nunique().reindex(counts.index.get_level_values("seed")).to_numpy()
    for split, row in counts.index[(counts["size"] != every) | (counts["nunique"] != every)]:
        raise BadInput(f"On split {split} row {row} is not tested once by each candidate, so that none can be paired.")
    truths = tests.groupby("row")["truth"].nunique()
    for row in truths.index[truths > 1]:
        raise BadInput(
            f"Row {row} has more than one truth; the column row has to name rows of the table, not of a split."
        )
    if unknown := {*tests["truth"].astype(str), *tests["prediction"].astype(str)} - {*list_classes(tests)}:
        raise BadInput(f"The class {join_names(sorted(unknown))} has no column {PROBABILITY}CLASS, as others have.")
    sizes, runs = tests.groupby("seed")["row"].nunique(), tests[["candidate", "seed"]].drop_duplicates()
    return runs.assign(n_train=math.nan, n_test=runs["seed"].map(sizes)), tests


def _make_cell(told: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a candidate's params by keys as of a sweep."""
    own = {key: _to_param(value) for key, value in told.items() if not (value is None or value != value)}
    return {key if "." in key else _KEYS.get(key, f"estimator.{key}"): value for key, value in own.items()}


def _to_param(value: Any) -> Any:
    """Return a value as a param has it: of a text what it says, of an estimator or a function its words."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str):
        return parse_param("estimator.", value)
    words = flatten(str(value)).removesuffix("()")
    return value if isinstance(value, int | float | tuple) else getattr(value, "__name__", words)


def _find_column(frame: pd.DataFrame, name: str) -> str:
    for column in (name, PARAMS + name, METRIC_COLUMN + name):
        if column in frame:
            return column
    raise UnknownName("column", name, map(str, frame))


def _find_numbers(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    values = frame[_find_column(frame, name)]
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    for other in values[numbers.isna() & values.notna()]:
        raise BadInput(f"The column {name} has {clip(other)}, which is not a number.")
    return numbers


def _number(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return whole numbers as they are, and anything else numbered from 0, in the order of its text."""
    numbers = pd.to_numeric(values, errors="coerce")
    whole = (numbers % 1 == 0).all()
    return numbers.astype(int) if whole else pd.Series(pd.factorize(values.astype(str), sort=True)[0], values.index)
