"""A sweep's runs and predictions as frames, to be compared."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seedbed.config.candidate import FAMILY, FAMILY_KEYS, SPLIT_SEED, parse_param
from seedbed.config.naming import DEFAULT_TABLE, format_command, make_override
from seedbed.config.validation import resolve_path
from seedbed.errors import NotDone
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.records.records import PARAMS, Columns, SweepRecord
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.reader import Found, drop_duplicates, fetch_artifact, find_run, read_predictions, search_runs
from seedbed.tracking.store import Store, open_store
from seedbed.tracking.uris import find_typed_uri


def read_sweep(
    store: Store,
    experiment: str,
    sweep: Found,
    children: Iterable[Found] | None = None,
    predictions: pd.DataFrame | None = None,
) -> SweepRecord:
    """Return what a sweep left; NotDone if none of its runs finished, or its files are gone.

    `children`, its runs, and `predictions` of those that are FINISHED are what is at hand.
    """
    if children is None:
        children = search_runs(store, experiment, kind=Kind.RUN, parent=sweep.run_id)
    every = list(children)
    children = drop_duplicates(run for run in every if run.status == "FINISHED")
    if not children:
        raise NotDone(f"No run of the sweep {sweep.run_id[:8]} ({sweep.name}) finished, so there is nothing to choose.")
    if predictions is None:
        predictions = pd.read_parquet(_fetch_file(store, sweep, RunFiles.SWEEP_PREDICTIONS))
    grid = json.loads(_fetch_file(store, sweep, RunFiles.GRID).read_text(encoding="utf-8"))
    axes, words = dict(grid["axes"]), grid.get("words", {})
    if "://" not in (word := words.get("dataset.path", ["://"])[0]):  # typed in another folder, perhaps
        path = re.sub(r"\\(.)", r"\1", word.partition("=")[2].strip("\"'"))
        words["dataset.path"] = [make_override("dataset.path", resolve_path(path, Path(grid.get("typed_in", "."))))]
    done, failed = {run.cell for run in children}, defaultdict[str, list[str]](list)
    for run in every:
        if run.status == "FAILED" and FAMILY in run.params and run.cell not in done:
            own, target = (run.params.get(key) for key in FAMILY_KEYS)
            failed[str(target or own)].append(run.tags.get(Tags.ERROR, ""))
    found = fetch_artifact(store, sweep.run_id, RunFiles.CHECKS)
    planned = axes.pop(SPLIT_SEED, None) or sorted({child.params[SPLIT_SEED] for child in children})
    return SweepRecord(
        run_id=sweep.run_id,
        name=sweep.name,
        digest=sweep.tags.get(Tags.DIGEST, ""),
        runs=make_frame(children),
        predictions=predictions,
        axes={key: [_restore(key, value) for value in values] for key, values in axes.items()},
        seeds=[int(str(seed)) for seed in planned],
        words=words,
        uri=find_typed_uri(store.uri),
        baselines=make_frame(find_baselines(store, experiment, sweep.run_id)),
        failed=failed,
        checks=json.loads(found.read_text(encoding="utf-8")) if found else {},
    )


def find_baselines(store: Store, experiment: str, sweep: str) -> list[Found]:
    """Return the finished baselines of a sweep, one a cell."""
    return drop_duplicates(search_runs(store, experiment, kind=Kind.BASELINE, parent=sweep, finished=True))


def _restore(key: str, value: Any) -> Any:
    """Return a value of an axis as it was before JSON; stores of earlier versions keep it as text."""
    return parse_param(key, value) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def load_results(sweep: str, dataset: str | None, uri: str | None) -> pd.DataFrame:
    """Return the finished runs of a sweep in the order in which they began; see `seedbed.results`."""
    store = open_store(uri)
    found = find_run(store, dataset or DEFAULT_TABLE, sweep, Kind.SWEEP)
    runs = search_runs(store, found.experiment, kind=Kind.RUN, parent=found.run_id, finished=True, newest_first=False)
    frame = make_frame(drop_duplicates(runs)).infer_objects()
    if frame.empty:
        raise NotDone(f"No run of the sweep {found.run_id[:8]} ({found.name}) finished.")
    return frame


def _fetch_file(store: Store, sweep: Found, name: str) -> Path:
    file = fetch_artifact(store, sweep.run_id, name)
    if file is None:
        state = "has lost its file" if sweep.status == "FINISHED" else f"is {sweep.status} and has not yet its file"
        resume = format_command("train -m", f"resume={sweep.run_id[:8]}", uri=find_typed_uri(store.uri))
        raise NotDone(f"The sweep {sweep.run_id[:8]} {state} {name}; `{resume}` completes it.")
    return file


def make_frame(runs: Iterable[Found]) -> pd.DataFrame:
    """Return one row a run: run, candidate, seed, n_train, n_test, `params.*`, `metrics.*`.

    A column of params holds values as they are: null is None there, and not NaN, which is a param that a run lacks.
    """
    rows = (
        {
            "run": run.run_id,
            "candidate": run.candidate,
            "seed": run.params[SPLIT_SEED],
            "n_train": run.metrics.get("n_train"),
            "n_test": run.metrics.get("n_test"),
            **{PARAMS + key: value for key, value in run.params.items() if key != SPLIT_SEED},
            **{METRIC_COLUMN + key: value for key, value in run.metrics.items()},
        }
        for run in runs
    )
    frame = pd.DataFrame(rows, dtype=object)
    numbers = [name for name in frame if not str(name).startswith(PARAMS)]
    return frame.assign(**frame[numbers].infer_objects())


def join_predictions(store: Store, runs: Iterable[Found], known: Mapping[str, Columns]) -> pd.DataFrame | None:
    """Return the test predictions of runs, read unless `known` by id, with ids, candidates and seeds; None without."""
    found = [(run, columns) for run in runs if (columns := _find_predictions(store, run, known)) is not None]
    if not found:
        return None
    rows = [len(columns["row"]) for _, columns in found]
    labels: dict[str, Any] = {
        "run": [run.run_id for run, _ in found],
        "candidate": [run.candidate for run, _ in found],
        "seed": [run.params[SPLIT_SEED] for run, _ in found],
    }
    labels = {name: np.repeat(values, rows) for name, values in labels.items()}
    own = {name: np.concatenate([columns[name] for _, columns in found]) for name in found[0][1]}
    return pd.DataFrame({**labels, **own})


def _find_predictions(store: Store, run: Found, known: Mapping[str, Columns]) -> Columns | None:
    if run.run_id in known:
        return known[run.run_id]
    file = fetch_artifact(store, run.run_id, RunFiles.PREDICTIONS)
    return None if file is None else read_predictions(file)
