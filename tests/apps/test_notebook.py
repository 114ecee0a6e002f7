"""The notebook runs on a sweep as the README makes one, shows what it says, and is kept without outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib
import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "which-k.ipynb"
GRIDS = {
    "k by seeds": ["estimator.n_neighbors=1,3,15", "split.seed=range(4)"],
    "more than k": ["estimator.n_neighbors=1,3", "split.seed=0,1", "preprocess=none,standardize"],
}


def cells(kind: str) -> list[dict[str, Any]]:
    content = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == kind]


@pytest.fixture
def pyplot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return Matplotlib's pyplot on no screen, its state as it was afterwards; `show` keeps the figures open."""
    from matplotlib import pyplot

    before = matplotlib.get_backend()
    pyplot.switch_backend("Agg")
    with matplotlib.rc_context():
        monkeypatch.setattr(pyplot, "show", lambda: pyplot.figure())
        yield pyplot
    pyplot.close("all")
    pyplot.switch_backend(before)


def run_all() -> dict[str, Any]:
    """Run the code cells in one namespace, and return it."""
    names: dict[str, Any] = {}
    for cell in cells("code"):
        exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)
    return names


@pytest.mark.parametrize(
    "grid",
    [
        pytest.param(GRIDS["k by seeds"], marks=pytest.mark.slow, id="k by seeds"),
        pytest.param(GRIDS["more than k"], id="more than k"),
    ],
)
def test_it_runs_on_the_newest_sweep(
    grid: list[str],
    command: Callable[..., Any],
    store_uri: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pyplot: Any,
) -> None:
    assert command("train", "-m", *grid, environ={"MLFLOW_TRACKING_URI": store_uri}).code == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_uri)
    names = run_all()
    scores, habit = names["scores"], names["habit"]
    assert scores.notna().all(axis=None) and scores.shape == (len(names["runs"]["seed"].unique()), len(scores.columns))
    assert names["lucky"]["accuracy"] == names["runs"]["accuracy"].max() >= scores.mean().max()
    assert habit["promised"].tolist() == scores.max(axis=1).tolist()
    assert (habit["promised"] >= scores.mean(axis=1)).all()
    said = capsys.readouterr().out
    assert "runs do as well" in said and "Promised" in said and f"k = {names['leader']} has the highest mean" in said
    drawn = [figure for figure in map(pyplot.figure, pyplot.get_fignums()) if figure.axes]
    assert len(drawn) == 3


def test_what_it_calls_clearly_worse_is_by_the_formula_of_compare(
    command: Callable[..., Any], store_uri: str, monkeypatch: pytest.MonkeyPatch, pyplot: Any
) -> None:
    from seedbed.selection.inference import paired_difference

    words = ["estimator.n_neighbors=3,80", "split.seed=range(6)"]
    assert command("train", "-m", *words, environ={"MLFLOW_TRACKING_URI": store_uri}).code == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_uri)
    names = run_all()
    assert names["leader"] == 3 and list(names["worse"]) == [80]
    found = paired_difference(names["behind"][80].to_numpy(), names["ratio"])
    assert found is not None
    assert names["half"][80] == pytest.approx(found.interval.high - found.mean)


def test_it_is_kept_without_outputs() -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells("code"))


def test_it_names_the_commands_that_make_and_follow_a_sweep() -> None:
    text = "".join("".join(cell["source"]) for cell in cells("markdown"))
    assert "python experiments/train.py -m" in text and "python experiments/compare.py" in text
