"""One real `train.py`, as a person starts it; also interrupted, and from odd places."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from seedbed.paths import ROOT

CASES = Path(__file__).resolve().parents[1] / "cases"


def runs(uri: str, experiment: str = "iris") -> list[Any]:
    client = MlflowClient(uri, uri)
    found = client.get_experiment_by_name(experiment)
    return [] if found is None else list(client.search_runs([found.experiment_id]))


def test_it_prints_a_short_table_and_nothing_else(real_command: Callable[..., Any], tmp_path: Path) -> None:
    """On a store that is not there yet, from a folder of its own, with a backend that has no window to open."""
    (tmp_path / "a b").mkdir()
    environ = {"MLFLOW_TRACKING_URI": "sqlite:///größe #1.db", "MPLBACKEND": "TkAgg", "DISPLAY": ""}
    outcome = real_command("train", folder=tmp_path / "a b", environ=environ)
    assert (outcome.code, outcome.err) == (0, f"Table iris, store sqlite:///{tmp_path}/a b/größe #1.db.\n")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("n_neighbors=5 seed=0: accuracy 0.") and len(lines) == 8
    (run,) = runs(f"sqlite:///{tmp_path}/a b/größe #1.db")
    assert run.info.status == "FINISHED" and f"/runs/{run.info.run_id}?" in lines[-1]
    left = {file.name.partition("-")[0] for file in (tmp_path / "a b").iterdir()}
    assert left == {"größe #1.db", "artifacts"} and not (tmp_path / "mlruns").exists()


# Interrupts itself where a person would: in the middle of the fit.
INTERRUPTED = """
import os, signal, sys
sys.path[0] = {experiments!r}
import seedbed.execution.run, runpy
def interrupted(*_):
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("not interrupted")
seedbed.execution.run.fit = interrupted
sys.argv = ["train.py", *sys.argv[1:]]
runpy.run_path({script!r}, run_name="__main__")
"""


def test_ctrl_c_in_a_run_is_130_and_the_run_is_killed(store_uri: str, tmp_path: Path) -> None:
    experiments = ROOT / "experiments"
    program = INTERRUPTED.format(experiments=str(experiments), script=str(experiments / "train.py"))
    done = subprocess.run(
        [sys.executable, "-c", program, f"tracking.uri={store_uri}", f"hydra.run.dir={tmp_path}/run"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == f"Table iris, store {store_uri}.\nInterrupted.\n"
    (run,) = runs(store_uri)
    assert run.info.status == "KILLED" and run.data.tags["seedbed.error"].startswith("KeyboardInterrupt")


@pytest.mark.parametrize("verb", ["train", "explore"])
def test_a_table_under_an_odd_name_goes_through(verb: str, command: Any, store_uri: str, tmp_path: Path) -> None:
    folder = tmp_path / "größe #1, (copy) it's"
    folder.mkdir()
    shutil.copy(CASES / "02-accents (1).csv", folder / "[a] 100%.csv")
    outcome = command(
        *(verb, "dataset=csv", 'dataset.path="[a] 100%.csv"', 'dataset.target="variété"', f"tracking.uri={store_uri}"),
        folder=folder,
    )
    assert outcome.code == 0
    assert [
        line for line in outcome.err.splitlines() if "rows for training and test equal another one" not in line
    ] == [f"Table [a] 100%, store {store_uri}."]
    (run,) = runs(store_uri, "[a] 100%")
    assert run.info.status == "FINISHED"
    assert [file.name for file in folder.iterdir()] == ["[a] 100%.csv"]


def test_a_store_in_a_folder_with_an_odd_name_goes_through(command: Any, tmp_path: Path) -> None:
    folder = tmp_path / "größe #1, (copy) it's 100%"
    folder.mkdir()
    uri = f"sqlite:///{folder}/m.db"
    for words in (["train"], ["train", "-m", "estimator.n_neighbors=1,3", "split.seed=0"], ["promote"]):
        outcome = command(*words, folder=folder, environ={"MLFLOW_TRACKING_URI": uri})
        assert outcome.code == 0, outcome.err
    assert {file.name.partition("-")[0] for file in folder.iterdir()} == {"m.db", ".m.db.promoting", "artifacts"}
    assert {run.info.status for run in runs(uri)} == {"FINISHED"}


def test_an_output_folder_that_cannot_be_made_is_one_sentence(command: Any, store_uri: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place, environ = f"{tmp_path}/file/outputs", {"MLFLOW_TRACKING_URI": store_uri}
    outcome = command("train", f"hydra.run.dir={place}", environ=environ)
    assert outcome.code == 1 and outcome.sentence == f"{place} cannot be used: Not a directory."
    assert runs(store_uri) == []
    words = ("-m", "estimator.n_neighbors=1,3", "split.seed=0", f"hydra.sweep.dir={place}")
    outcome = command("train", *words, environ=environ)
    cure = "type hydra.run.dir=FOLDER to write elsewhere."
    assert outcome.code == 1 and outcome.sentence == f"{place} cannot be used: Not a directory; {cure}"
    assert runs(store_uri) == []
    words = ("-m", "estimator.n_neighbors=1,3", "split.seed=0", f"hydra.output_subdir={place}")
    outcome = command("train", *words, environ=environ)
    assert outcome.code == 1 and outcome.err.splitlines()[3].startswith(f"{place} cannot be used: Not a directory.")
    assert [run.info.status for run in runs(store_uri)] == ["FAILED"]


@pytest.mark.parametrize("words", [("estimator.metric=yule",), ("estimator.p=0.5",)])
def test_what_scikit_learn_remarks_on_a_distance_is_no_part_of_the_answer(
    words: tuple[str, ...], command: Any, store_uri: str
) -> None:
    for verb in ((), ("-m", "estimator.n_neighbors=1,3", "split.seed=0")):
        outcome = command("train", *verb, *words, environ={"MLFLOW_TRACKING_URI": store_uri})
        assert outcome.code == 0
        remarks = [line for line in outcome.err.splitlines() if " a second, " not in line]  # of a slow machine
        assert "arning" not in outcome.err and len(remarks) == 1 + len(verb[:1])
