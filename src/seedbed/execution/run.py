"""One run: a config and a table in, a RunRecord out, kept in MLflow as it ends."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from seedbed.config.candidate import (
    SPLIT_SEED,
    CellKey,
    ParamValue,
    collect_params,
    compute_candidate_id,
    compute_fingerprint,
    format_params,
)
from seedbed.config.dataset import OF_THE_COLUMNS
from seedbed.config.estimator import Estimator
from seedbed.config.families import read_family
from seedbed.config.schema import Train
from seedbed.config.validation import round_floats
from seedbed.data.arrays import Floats, Labels
from seedbed.data.splits.table_splits import check_split, split_table
from seedbed.data.table import Part, Table, encode_labels
from seedbed.errors import NotDone, clip, hide_secrets
from seedbed.estimators.factory import (
    build_estimator,
    check_estimator,
    choose_preprocess,
    classify,
    find_groups,
    fit_estimator,
    silence_warnings,
)
from seedbed.estimators.neighbors import SharedSearch
from seedbed.metrics.evaluation import evaluate
from seedbed.metrics.names import TIMINGS
from seedbed.records.records import RunRecord, name_probabilities
from seedbed.reports.figures import ConfusionFigure
from seedbed.tracking.model_files import ModelFolders, list_deciding_versions, measure_size
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.writer import RunWriter, write_files

_IDENTITY = ("dataset", "preprocess", "estimator", "split")
_CAME_LATER = {"dataset.group", "split.folds", *(f"dataset.{key}" for key in OF_THE_COLUMNS)}
_SAYS_NOTHING: tuple[Any, ...] = (None, [], {})
_NOT_KEPT = ("dataset.preprocess", "dataset.omit")  # resolved: the run has the words that they stand for
REFIT = "refit"  # in place of a split seed: a fit on all rows, or on all but the holdout
_GROUPS_KEPT = 256
_SHORT = 1.0  # seconds
Classify = Callable[[Any, pd.DataFrame], tuple[Labels, Floats]]  # of a fitted estimator and rows, as `classify` is
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class FitFailed(NotDone):
    """What only fitting reveals, in scikit-learn's words."""

    recorded = True  # as a FAILED run

    def __init__(self, name: str, error: BaseException) -> None:
        super().__init__(f"The run {name} failed in scikit-learn: {clip(error)}")
        self.name, self.error = name, error


@dataclass(frozen=True)
class Task:
    """A checked run before it is done: its config, its names and its params."""

    config: Train
    name: str
    params: Mapping[str, ParamValue]
    candidate: str

    @property
    def cell(self) -> CellKey:
        """Its candidate and split seed."""
        return self.candidate, self.config.split.seed

    @cached_property
    def tags(self) -> dict[str, str]:
        """Return the tags by which a run is found again."""
        fingerprint = compute_fingerprint(self.params, list_deciding_versions())
        return {str(Tags.CANDIDATE): self.candidate, str(Tags.FINGERPRINT): fingerprint}


def prepare(config: Train, table: Table, name: str | None = None) -> Task:
    """Check all that is known before fitting, and name the run.

    Raises
    ------
    BadInput : a split that cannot be made, an unknown distance, more neighbours than training rows, columns that
        `preprocess` does not handle.
    """
    check_estimator(config.estimator, check_split(config.split, table))
    preprocess = choose_preprocess(config.preprocess, config.estimator, table.schema, len(table.labels))
    if preprocess != config.preprocess:
        config = replace(config, preprocess=preprocess)
    if table.words:
        config = replace(config, dataset=replace(config.dataset, **table.words))
    candidate = collect_params(config, table.record.digest)
    params = {**candidate, SPLIT_SEED: config.split.seed}
    name = name or _name_run(config)
    return Task(config, name, params, compute_candidate_id(candidate))


def _name_run(config: Train) -> str:
    """Return the name of a single run: the family, what it varies by default, the seed."""
    estimator = config.estimator
    shown = [name for name in read_family(estimator.name).grid if name in estimator.values]
    family = [] if estimator.name == Estimator().name else [estimator.target if estimator.own else estimator.name]
    return " ".join([*family, *(f"{name}={estimator.values[name]}" for name in shown), f"seed={config.split.seed}"])


def derive_random_state(task: Task, draw: int | str) -> int:
    """Return the random state of a fit: of the candidate but its table, so that no test row reaches the fit.

    Parameters
    ----------
    draw : the split seed, or a word for a fit on other rows than a split's.
    """
    params = {key: value for key, value in task.params.items() if not key.startswith("dataset.") and key != SPLIT_SEED}
    text = json.dumps([sorted(format_params(params).items()), draw], ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


@dataclass(eq=False)
class Batch:
    """What runs on one split that differ in n_neighbors alone lend one another.

    The first run answers to its test rows by itself, so that its seconds are those of a run; the others have the same.
    """

    search: SharedSearch
    timed: str = ""  # the id of the first run that finished
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Runner:
    """What one process reuses from run to run: the table, the figure with its unchanged parts, the writer.

    Without a figure none is drawn, without folders no model is kept.
    """

    table: Table
    writer: RunWriter
    figure: ConfusionFigure | None
    folders: ModelFolders | None
    kind: Kind = Kind.RUN

    @classmethod
    def of(
        cls,
        table: Table,
        writer: RunWriter,
        kind: Kind = Kind.RUN,
        *,
        keeps_models: bool = True,
        trust: Collection[str] = (),
    ) -> Runner:
        """Return a runner with a figure for the table's classes; `trust` as ModelFolders takes it."""
        folders = ModelFolders(table.features, trust, table.schema) if keeps_models else None
        return cls(table, writer, ConfusionFigure(table.classes), folders, kind)

    def run(
        self, task: Task, on_start: Callable[[str], None] = lambda run_id: None, batch: Batch | None = None
    ) -> tuple[str, RunRecord]:
        """Do one run, which may be one of a batch, and return its id and record.

        Raises
        ------
        FitFailed : what only fitting reveals; the run is kept as FAILED with its error.
        """
        lent = {str(Tags.TIMED_RUN): batch.timed} if batch and batch.timed else {}
        run_id = self.writer.start(task.name, {**task.tags, **lent}, self.kind)
        on_start(run_id)
        try:
            record, estimator = compute(task, self.table, self.figure, batch)
            self.writer.finish(run_id, record, estimator, self.folders)
            if batch and not batch.timed:
                batch.timed, batch.timings = run_id, record.timings
        except FitFailed as error:
            self.writer.fail(run_id, error.error, params=task.params)
            raise
        except BaseException as error:
            # If the store itself is what failed, its own error is the one to raise.
            with suppress(Exception):
                self.writer.fail(run_id, error, "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
            raise
        return run_id, record


def compute(
    task: Task, table: Table, figure: ConfusionFigure | None, batch: Batch | None = None
) -> tuple[RunRecord, Any]:
    """Fit and evaluate; return the record and the fitted estimator, or raise what scikit-learn does as FitFailed.

    Without a `figure` the record has none.
    """
    train, test = split_table(task.config.split, table)
    fitted = fit(task, train, task.config.split.seed, batch.search if batch else None)
    began = time.perf_counter()
    answer = batch.search.classify if batch and batch.timed else classify
    prediction, probabilities = predict(task.name, fitted.estimator, test.features, table.classes, answer)
    timings = dict(zip(TIMINGS, (fitted.seconds, time.perf_counter() - began), strict=True))
    evaluation = evaluate(test.codes, encode_labels(prediction, table.classes), probabilities, table.classes)
    counts = {"n_train": float(len(train.rows)), "n_test": float(len(test.rows))}
    columns = {"row": test.rows.astype(int), "truth": test.labels, "prediction": prediction}
    record = RunRecord(
        name=task.name,
        params=task.params,
        metrics={**evaluation.metrics, "train_accuracy": fitted.train_accuracy, **counts},
        timings=batch.timings if batch and batch.timed else timings,
        columns={**columns, **name_probabilities(probabilities, table.classes)},
        report=evaluation.report,
        config=format_config(task.config),
        figure=figure.png(evaluation.confusion) if figure else b"",
        dataset=table.record,
        candidate=task.candidate,
        fingerprint=task.tags[Tags.FINGERPRINT],
    )
    return record, fitted.estimator


@dataclass(frozen=True)
class Fitted:
    """A fitted estimator, how long that took (seconds), and its accuracy on its own training rows."""

    estimator: Any
    seconds: float
    train_accuracy: float


def fit(task: Task, part: Part, draw: int | str = REFIT, search: SharedSearch | None = None) -> Fitted:
    """Fit the task's estimator on some rows of a table, and ask it about them; `draw` as `derive_random_state`'s."""
    answer = search.classify if search else classify
    counts = np.bincount(part.codes)
    rarest = int(counts[counts > 0].min())
    state = derive_random_state(task, draw)
    try:
        table = part.table
        groups = find_groups(table.schema, None if table.groups is None else table.groups[part.rows])
        how = task.config.estimator, task.config.preprocess, state, rarest, table.schema
        estimator = build_estimator(*how, grouped=groups is not None)
        with silence_warnings(), redirect_stdout(sys.stderr):  # stdout is for the answer
            began = time.perf_counter()
            if search:
                estimator = search.fit(estimator, part.features, part.labels, groups)
            else:
                fit_estimator(estimator, part.features, part.labels, groups)
            seconds = time.perf_counter() - began
        prediction, _ = answer(estimator, part.features)
        train_accuracy = float(np.mean(prediction == part.labels))
    except (Exception, SystemExit) as error:  # a class of one's own may leave in any way
        raise FitFailed(task.name, error) from error
    return Fitted(estimator, seconds, train_accuracy)


def predict(
    name: str, estimator: Any, features: pd.DataFrame, classes: tuple[str, ...], answer: Classify = classify
) -> tuple[Labels, Any]:
    """Return predictions of shape (n_rows,) and probabilities of shape (n_rows, n_classes), in the table's order.

    A class without a training row has probability 0; all are NaN of an estimator that gives none. FitFailed: no answer.
    """
    try:
        prediction, known = answer(estimator, features)
        probabilities = np.full((len(features), len(classes)), np.nan if np.isnan(known).all() else 0.0)
        codes = encode_labels(estimator.classes_, classes)
        probabilities[:, codes] = np.reshape(known, (len(features), len(codes)))
        encode_labels(prediction, classes)
    except (Exception, SystemExit) as error:
        raise FitFailed(name, error) from error
    return prediction, probabilities


def format_config(config: Train) -> str:
    """Return what decides a run, as YAML in the keys that one types.

    Keys that came later are left out if they say nothing, so that runs of earlier versions have the same.
    """
    groups = "".join(_format_group(group, getattr(config, group)) for group in _IDENTITY)
    return groups + (f"trust: [{', '.join(config.trust)}]\n" if config.trust else "")


@lru_cache(_GROUPS_KEPT)
def _format_group(group: str, value: Any) -> str:
    plain = value.to_plain(target=value.name != Estimator().name) if isinstance(value, Estimator) else asdict(value)
    content = {
        key: list(item) if isinstance(item, tuple) else item
        for key, item in plain.items()
        if (item not in _SAYS_NOTHING or f"{group}.{key}" not in _CAME_LATER) and f"{group}.{key}" not in _NOT_KEPT
    }
    if path := content.get("path"):
        content["path"] = hide_secrets(str(path))
    text: str = yaml.dump({group: round_floats(content)}, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


def measure_run(task: Task, table: Table, keeps_models: bool = True) -> tuple[float, float, str]:
    """Return seconds and megabytes of one run, done in a folder that is thrown away, and why it fails if it does."""
    figure = ConfusionFigure(table.classes)
    folders = ModelFolders(table.features, task.config.trust, table.schema)
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(2):  # the first one also pays what every process pays only once
            began, folder, why = time.perf_counter(), Path(temporary, str(number)), ""
            folder.mkdir()
            try:
                record, estimator = compute(task, table, figure)
                if keeps_models:
                    folders.write(estimator, folder / "model", "", "")
                write_files(folder, record)
            except FitFailed as error:
                why = str(error)
            if (seconds := time.perf_counter() - began) > _SHORT:
                break
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return seconds, size / 1e6, why


def measure_model(task: Task, table: Table) -> int:
    """Return the bytes of a run's model, 0 if it cannot be fitted; BadInput if it would not be loaded again."""
    try:
        fitted = fit(task, split_table(task.config.split, table)[0], task.config.split.seed)
    except FitFailed:
        return 0
    return measure_size(fitted.estimator, task.config.trust, table.schema)
