"""Values that YAML would read otherwise, from the words of a sweep to the version that is promoted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.reader import fetch_artifact, find_run
from seedbed.tracking.store import open_store

_ROWS = (f"{row % 7 + 6 * (row % 2)},{row * row % 11},{'1e-05' if row % 2 else '010'}" for row in range(60))
TABLE = "\n".join(["x,y,010", *_ROWS])
TINY = 1e-05


@pytest.fixture(scope="module")
def swept(
    command: Callable[..., Any], new_store: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str]]:
    """Sweep over a tiny power on a table whose target and classes look like numbers; return the store and its words."""
    folder = tmp_path_factory.mktemp("values")
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    uri = new_store(folder / "store")
    words = ["dataset=csv", f"dataset.path={folder / 't.csv'}", "dataset.target='010'", f"tracking.uri={uri}"]
    grid = ["estimator.p=0.00001,0.5,2", "estimator.n_neighbors=5", "split.seed=0,1"]
    outcome = command("train", "-m", *words, *grid)
    assert outcome.code == 0, outcome.err
    return uri, ["dataset.name=t", f"tracking.uri={uri}"]


def test_the_grid_keeps_values_as_json(swept: tuple[str, list[str]]) -> None:
    store = open_store(swept[0])
    sweep = find_run(store, "t", "latest", Kind.SWEEP)
    file = fetch_artifact(store, sweep.run_id, RunFiles.GRID)
    assert file is not None
    assert json.loads(file.read_text())["axes"] == {"estimator.p": [TINY, 0.5, 2.0], "split.seed": [0, 1]}


def test_a_comparison_names_values_as_they_are_typed(swept: tuple[str, list[str]], command: Callable[..., Any]) -> None:
    outcome = command("compare", *swept[1], "output=json")
    assert outcome.code == 0, outcome.err
    rows = json.loads(outcome.out)["leaderboard"]
    assert {row["label"] for row in rows} >= {"p = 1e-05", "p = 0.5", "p = 2"}


def test_a_version_leads_back_to_the_values_that_were_swept(
    swept: tuple[str, list[str]], command: Callable[..., Any]
) -> None:
    outcome = command("promote", *swept[1], "force=true", "output=json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["candidate"]["dataset.target"] == "010"
    uri = swept[0]
    tags = MlflowClient(uri, uri).get_model_version_by_alias("t", "best").tags
    assert json.loads(tags[Tags.PARAMS])["dataset.target"] == "010"
    # The next sweep's choice is compared with that version, whose candidate is read back from its params.
    again = command("promote", *swept[1])
    assert again.code == 0 and "stays the champion" in again.out, again.out + again.err
