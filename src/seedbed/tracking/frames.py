"""A sweep's runs and predictions as frames, for whoever compares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from seedbed.record import RunFiles, Tags
from seedbed.tracking.reader import Found, artifact, read_predictions
from seedbed.tracking.store import Store

SEED = "split.seed"


def runs_frame(runs: Iterable[Found]) -> pd.DataFrame:
    """Return one row a run: run, candidate, seed, n_train, n_test, `params.*` (text), `metrics.*` (doubles)."""
    return pd.DataFrame([_row(run) for run in runs])


def predictions_of(store: Store, run: Found, known: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return a run's test predictions with its id, candidate and seed; None where the file is gone."""
    frame = known.get(run.run_id)
    if frame is None:
        file = artifact(store, run.run_id, RunFiles.PREDICTIONS)
        if file is None:
            return None
        frame = read_predictions(file)
    return labelled(frame, run.run_id, run.tags.get(Tags.CANDIDATE, ""), int(run.params[SEED]))


def labelled(frame: pd.DataFrame, run: str, candidate: str, seed: int) -> pd.DataFrame:
    """Return predictions with the columns run, candidate and seed before them."""
    frame = frame.copy(deep=False)
    for place, (name, value) in enumerate({"run": run, "candidate": candidate, "seed": seed}.items()):
        frame.insert(place, name, value)
    return frame


def _row(run: Found) -> dict[str, object]:
    return {
        "run": run.run_id,
        "candidate": run.tags.get(Tags.CANDIDATE, ""),
        "seed": int(run.params[SEED]),
        "n_train": run.metrics.get("n_train"),
        "n_test": run.metrics.get("n_test"),
        **{f"params.{key}": value for key, value in run.params.items() if key != SEED},
        **{f"metrics.{key}": value for key, value in run.metrics.items()},
    }
