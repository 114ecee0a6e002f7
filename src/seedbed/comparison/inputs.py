"""What is compared besides sweeps, read into a record: a fitted search, a frame of runs, one of predictions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from seedbed.comparison.comparison import Comparison
from seedbed.config.candidate import FAMILY, compute_candidate_id, parse_param
from seedbed.config.schema import Selection
from seedbed.errors import BadInput, BadValue, UnknownName, clip, flatten, join_names
from seedbed.metrics.metric import ACCURACY, Metric, find_metric, list_metrics, resolve_metric
from seedbed.metrics.names import DUMMY, GROUP, METRIC_COLUMN, PROBABILITY
from seedbed.metrics.predictions import arrange_predictions, list_classes, make_scorer, weighted_scores
from seedbed.records.records import PARAMS, RATIO, SweepRecord
from seedbed.selection.analysis import analyze_sweep

_TESTED = {"truth", "prediction"}  # by these columns predictions are told from runs
_NO_TESTS = pd.DataFrame(columns=["run", "candidate", "seed", "row", *_TESTED])
_UNBOUNDED: dict[str, Any] = {"bounds": (-math.inf, math.inf), "unit": "loss"}  # of a number that is not a share
_FOLDS = ("KFold", "StratifiedKFold", "GroupKFold", "StratifiedGroupKFold", "RepeatedKFold", "RepeatedStratifiedKFold")
_TURNED = "neg_"  # before scorers of scikit-learn whose sign is turned, so that higher is better


def compare_input(source: Any, options: Mapping[str, Any]) -> Comparison:
    """Compare what `seedbed.compare` takes, by the options that were given; its docstring says what this raises."""
    if stored := isinstance(source, str | list | tuple):
        # Late, as the one input that needs MLflow, which takes seconds to load.
        from seedbed.comparison.sweeps import compare_stored
    kind, read = ("a sweep", compare_stored) if stored else _find_reader(source)  # type: tuple[str, Any]
    takes = inspect.signature(read).parameters
    for name in options.keys() - takes.keys() - {"dataset", "metric", "rule"}:
        raise BadInput(f"{name}={clip(options[name])} has no effect on {kind}; leave it out.")
    if not options.get(RATIO, 1) > 0:
        raise BadValue(RATIO, options[RATIO], "a number above 0: test rows by training rows")
    if stored:
        return compare_stored(source, **options)
    record = read(source, **{name: value for name, value in options.items() if name in takes})
    selection = Selection(str(record.metric), **{name: options[name] for name in ("rule",) if name in options})
    analysis = analyze_sweep(options.get("dataset", kind), record, selection, lambda candidate: None)
    return Comparison(analysis=analysis)


def _find_reader(source: Any) -> tuple[str, Callable[..., SweepRecord]]:
    """Return what an input is called, and how it is read."""
    kind = type(source).__name__
    if isinstance(source, pd.DataFrame):
        return "Predictions" if {*source} >= _TESTED else "Runs", read_frame
    if hasattr(source, "cv_results_"):
        return kind, read_search
    if hasattr(source, "fit"):
        raise BadInput(f"{kind} has no cv_results_: of estimators a fitted search is compared; call its fit first.")
    raise BadInput(f"Compared are ids of sweeps, a fitted search, or a frame of runs or predictions, and not {kind}.")


def read_search(
    search: Any, *, metric: str | None = None, family: str | None = None, test_train_ratio: float | None = None
) -> SweepRecord:
    """Read a fitted GridSearchCV or RandomizedSearchCV, as the frame of its runs."""
    results, (column, scorer) = search.cv_results_, _find_scorer(search, metric)
    name, turned = scorer.removeprefix(_TURNED), scorer.startswith(_TURNED)
    told = [{PARAMS + key: _to_param(value) for key, value in own.items()} for own in results["params"]]
    params = pd.DataFrame(told, dtype=object)
    scores = [results[f"split{split}_test_{column}"] * (-1 if turned else 1) for split in range(search.n_splits_)]
    runs = [params.assign(split=split, **{METRIC_COLUMN + name: own}) for split, own in enumerate(scores)]
    ratio = _find_ratio(search.cv) if test_train_ratio is None else test_train_ratio
    known: dict[str, Any] = {
        "metric": name,
        "better": "lower" if turned else "higher",
        "family": family,
        "test_train_ratio": ratio,
    }
    return read_frame(pd.concat(runs), candidate=list(map(str, params)), **known)


def _find_scorer(search: Any, metric: str | None) -> tuple[str, str]:
    """Return what a search's columns call a metric, and the name of its scorer."""
    scoring = search.scoring
    if not search.multimetric_:
        usual = ACCURACY.name if scoring is None and is_classifier(search) else metric or "score"
        name = scoring if isinstance(scoring, str) else usual
        if metric not in (None, name, name.removeprefix(_TURNED)):
            raise UnknownName("metric", str(metric), [name])
        return "score", name
    if metric is None:
        raise BadInput(f"The search has the metrics {join_names(search.scorer_)}; choose by one of them: metric=NAME.")
    if metric not in search.scorer_:
        raise UnknownName("metric", metric, search.scorer_)
    scorer = scoring[metric] if isinstance(scoring, Mapping) else metric
    return metric, scorer if isinstance(scorer, str) else metric


def _find_ratio(cv: Any) -> float:
    """Return n_test/n_train where a way of splitting states it without the rows, else NaN."""
    cv = check_cv(cv)
    kind, pairs = type(cv).__name__, getattr(cv, "cv", None)  # of rows, where those were given
    if kind in _FOLDS:
        return float(1 / (getattr(cv, "cvargs", vars(cv))["n_splits"] - 1))
    if kind in ("ShuffleSplit", "StratifiedShuffleSplit") and cv.train_size is None:
        share = 0.1 if cv.test_size is None else cv.test_size  # as scikit-learn's own default
        return share / (1 - share) if isinstance(share, float) else math.nan
    return float(np.mean([len(test) / len(train) for train, test in pairs])) if pairs else math.nan


def read_frame(
    frame: pd.DataFrame,
    *,
    candidate: str | Sequence[str] = "candidate",
    split: str = "split",
    metric: str = ACCURACY.name,
    better: str = "higher",
    family: str | None = None,
    test_train_ratio: float = math.nan,
) -> SweepRecord:
    """Read a frame of runs, as `mlflow.search_runs` gives it, or of predictions, of which the scores are computed."""
    if better not in ("higher", "lower"):
        raise BadValue("better", better, "higher or lower")
    tested, keys = {*frame} >= _TESTED, [candidate] if isinstance(candidate, str) else list(candidate)
    columns = {_find_column(frame, key): key.removeprefix(PARAMS) for key in keys}
    splits = frame[_find_column(frame, split)]
    known = splits.notna() & frame[[*columns]].notna().any(axis=1)
    if tested and not (known & frame[[_find_column(frame, "row"), *_TESTED]].notna().all(axis=1)).all():
        raise BadInput("Each test needs its candidate, split, row, truth and prediction, and some cells are empty.")
    frame = frame.assign(seed=splits)[known & (frame["status"] == "FINISHED" if "status" in frame else True)]
    if frame.empty:
        raise BadInput(f"The frame has no row, of a finished run, with values of {join_names([*keys, split])}.")
    frame = frame.assign(seed=_number(frame["seed"])).reset_index(drop=True)
    numbers = frame.groupby([*columns], sort=False, dropna=False).ngroup()
    told = frame.loc[~numbers.duplicated(), [*columns]].rename(columns=columns).to_dict("records")
    cells = [_make_cell(own, family) for own in told]
    ids = [DUMMY if DUMMY in cell.values() else compute_candidate_id(cell) for cell in cells]
    frame["candidate"] = np.array(ids)[numbers.map({number: at for at, number in enumerate(numbers.unique())})]
    runs, described, tests = _read_tests(frame, metric) if tested else _read_scores(frame, metric, better)
    by_id, seeds = dict(zip(ids, cells, strict=True)), sorted({*runs["seed"].tolist()})
    for key in dict.fromkeys(key for cell in cells for key in cell):
        values = [by_id[name].get(key, math.nan) for name in runs["candidate"]]
        runs[PARAMS + key] = pd.Series(values, runs.index, dtype=object)
    if not math.isnan(test_train_ratio):
        runs["n_train"] = math.nan  # what is typed counts
    runs, name = (
        runs.assign(run="", **{RATIO: test_train_ratio}),
        f"{len({*ids} - {DUMMY})} candidates on {len(seeds)} splits",
    )
    known_by: dict[str, Any] = {
        "run_id": "",
        "name": name,
        "digest": "",
        "axes": {},
        "seeds": seeds,
        "metric": described,
    }
    return SweepRecord(runs=runs, predictions=tests, **known_by)


def _read_scores(frame: pd.DataFrame, metric: str, better: Any) -> tuple[pd.DataFrame, Metric, pd.DataFrame]:
    """Return the runs of a frame with their scores, what these are, and no tests."""
    name, scores = metric.removeprefix(METRIC_COLUMN), pd.to_numeric(frame[_find_column(frame, metric)])
    own = {size: frame.get(size, frame.get(METRIC_COLUMN + size, math.nan)) for size in ("n_train", "n_test")}
    own |= {METRIC_COLUMN + name: scores.astype(float)}
    runs = frame[["candidate", "seed"]].assign(**own).drop_duplicates()
    for split in runs.loc[runs.duplicated(["candidate", "seed"]), "seed"]:
        raise BadInput(
            f"On split {split} runs of one candidate differ in {name}; name all params that vary: candidate=."
        )
    described, share = find_metric(name), scores.dropna().between(0, 1).all()
    if described == Metric(name):
        described = replace(described, better=better, **({} if share else _UNBOUNDED))
    return runs, described, _NO_TESTS


def _read_tests(frame: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, Metric, pd.DataFrame]:
    """Return the runs that predictions are of with their scores, the metric, and the tests."""
    own = [name for name in map(str, frame) if name in (*_TESTED, GROUP) or name.startswith(PROBABILITY)]
    tests = frame[["candidate", "seed", *own]].assign(run="", row=_number(frame["row"]))
    _check_tests(tests)
    classes, sizes = list_classes(tests), tests.groupby("seed")["row"].nunique()
    described = find_metric(resolve_metric(metric, classes, list_metrics(classes)))
    runs = pd.concat(_score(own, described) for name, own in tests.groupby("candidate") if name != DUMMY)
    return runs.assign(n_train=math.nan, n_test=runs["seed"].map(sizes)), described, tests


def _check_tests(tests: pd.DataFrame) -> None:
    """Refuse, with BadInput, predictions that do not belong together."""
    counts = tests.groupby(["seed", "row"])["candidate"].agg(["size", "nunique"])
    every = tests.groupby("seed")["candidate"].nunique().reindex(counts.index.get_level_values("seed")).to_numpy()
    for split, row in counts.index[(counts["size"] != every) | (counts["nunique"] != every)]:
        raise BadInput(f"On split {split} row {row} is not tested once by each candidate, so that none can be paired.")
    truths = tests.groupby("row")["truth"].nunique()
    for row in truths.index[truths > 1]:
        raise BadInput(
            f"Row {row} has more than one truth; the column row has to name rows of the table, in any split."
        )
    if unknown := {*tests["truth"].astype(str), *tests["prediction"].astype(str)} - {*list_classes(tests)}:
        raise BadInput(f"The class {join_names(sorted(unknown))} has no column {PROBABILITY}CLASS, as others have.")


def _score(tests: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the scores of one candidate, a row a split."""
    seeds, name = sorted({*tests["seed"]}), str(tests["candidate"].iloc[0])
    arranged = arrange_predictions(tests, [name], seeds)
    scorer, ones = make_scorer(metric, arranged.classes), np.ones((1, len(arranged.rows)))
    scores = weighted_scores(arranged, scorer, ones)[:, 0, 0] if scorer else math.nan
    return pd.DataFrame({"candidate": name, "seed": seeds, METRIC_COLUMN + metric.name: scores})


def _make_cell(told: Mapping[Any, Any], family: str | None) -> dict[str, Any]:
    """Return a candidate's params by keys as of a sweep; the one that tells families apart as the name of a class."""
    own = {key: _to_param(value) for key, value in told.items() if not (value is None or value != value)}
    cell = {key if "." in key else f"{'candidate' if key == 'name' else 'estimator'}.{key}": own[key] for key in own}
    if family is None:
        return cell
    if family not in told:
        raise UnknownName("param of a candidate", family, told)
    name, *params = str(own.get(family)).split("(", 1)
    return {FAMILY: name, **{key: value for key, value in cell.items() if params or key.split(".", 1)[-1] != family}}


def _to_param(value: Any) -> Any:
    """Return a value as a param has it: of a text what it says, of an estimator or a function its words."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str):
        return parse_param("estimator.", value)
    if isinstance(value, list | np.ndarray):
        return tuple(value)
    return value if isinstance(value, int | float | tuple) else getattr(value, "__name__", flatten(str(value)))


def _find_column(frame: pd.DataFrame, name: str) -> str:
    for column in (name, PARAMS + name, METRIC_COLUMN + name):
        if column in frame:
            return column
    raise UnknownName("column", name, map(str, frame))


def _number(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return whole numbers as they are, and anything else numbered from 0, in the order of its text."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all() and (numbers % 1 == 0).all():
        return numbers.astype(int)
    return pd.Series(pd.factorize(values.astype(str), sort=True)[0], values.index)
