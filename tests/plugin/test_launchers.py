"""The same sweep by our launcher, Hydra's basic one, joblib's, and by Optuna: the same parent, children and records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from mlflow import MlflowClient

from seedbed.tracking.names import Tags
from seedbed.tracking.reader import Found

LAUNCHERS = ["seedbed", "basic", "joblib"]
OPTUNA = ["hydra/sweeper=optuna", "hydra/sweeper/sampler=grid"]
SWEEPS = [*LAUNCHERS, "optuna"]
# Fitting with haversine fails: it takes two columns, which only fitting reveals.
WORDS = ["estimator.metric=minkowski,haversine", "estimator.n_neighbors=3", "split.seed=0,1", "hydra.launcher.n_jobs=2"]


@dataclass(frozen=True)
class Swept:
    """One launcher's sweep."""

    outcome: Any
    folder: Path
    parent: Found
    children: dict[str, Found]
    recorded: Any


@pytest.fixture(scope="module")
def swept(
    command: Callable[..., Any],
    new_store: Callable[[Path], str],
    recorded_in: Callable[[str], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Swept]:
    """Return the sweep of each launcher and of Optuna, each in a store of its own."""
    made = {}
    for launcher in SWEEPS:
        place = tmp_path_factory.mktemp(launcher)
        uri = new_store(place)
        words = [word for word in WORDS if launcher != "basic" or "n_jobs" not in word]
        choice = OPTUNA if launcher == "optuna" else [f"hydra/launcher={launcher}"]
        words = [*words, *choice, f"hydra.sweep.dir='{place}/out'"]
        outcome = command("train", "-m", *words, environ={"MLFLOW_TRACKING_URI": uri})
        recorded = recorded_in(uri)
        (parent,) = recorded.sweeps
        made[launcher] = Swept(outcome, place / "out", parent, recorded.children(parent), recorded)
    return made


@pytest.mark.parametrize("launcher", SWEEPS)
def test_failures_are_listed_at_the_end(swept: dict[str, Swept], launcher: str) -> None:
    outcome = swept[launcher].outcome
    assert outcome.code == 1
    assert "2 of the runs failed, each recorded as FAILED:" in outcome.err
    assert "ValueError: Haversine distance only valid in 2 dimensions" in outcome.err
    assert all(f"metric=haversine seed={seed}" in outcome.err for seed in (0, 1))
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("launcher", SWEEPS)
def test_every_cell_is_a_child(swept: dict[str, Swept], launcher: str) -> None:
    status = {name: run.status for name, run in swept[launcher].children.items()}
    assert status == {
        "metric=minkowski seed=0": "FINISHED",
        "metric=minkowski seed=1": "FINISHED",
        "metric=haversine seed=0": "FAILED",
        "metric=haversine seed=1": "FAILED",
    }
    assert swept[launcher].parent.status == "FINISHED"
    assert swept[launcher].parent.metrics["runs"] == 4


@pytest.mark.parametrize("launcher", SWEEPS[1:])
def test_records_do_not_depend_on_the_launcher(swept: dict[str, Swept], launcher: str) -> None:
    ours, others = swept["seedbed"], swept[launcher]
    for name, run in ours.children.items():
        other = others.children[name]
        assert run.params == other.params
        assert run.tags.get(Tags.ERROR) == other.tags.get(Tags.ERROR)
        if run.status == "FINISHED":
            assert ours.recorded.record(run).differences(others.recorded.record(other)) == []


@pytest.mark.slow
def test_hydras_folders_are_the_same_but_for_the_launcher_if_they_are_asked_for(
    command: Callable[..., Any], store_uri: str, tmp_path: Path
) -> None:
    kept = {}
    for launcher in LAUNCHERS:
        folder = tmp_path / launcher
        words = ["estimator.metric=minkowski,cityblock", "split.seed=0", "hydra.output_subdir=.hydra"]
        words += [f"hydra/launcher={launcher}", f"hydra.sweep.dir={folder}", f"tracking.uri={store_uri}"]
        words += ["estimator.n_neighbors=3", *["hydra.launcher.n_jobs=2"] * (launcher != "basic")]
        assert command("train", "-m", *words).code == 0
        assert sorted(entry.name for entry in folder.iterdir()) == ["0", "1", "multirun.yaml"]
        kept[launcher] = {
            f"{number}/{file.name}": yaml.safe_load(file.read_text())
            for number in "01"
            for file in (folder / number / ".hydra").iterdir()
        }
        assert kept[launcher].pop("1/hydra.yaml")["hydra"]["job"]["num"] == 1
        assert "estimator.metric=cityblock" in kept[launcher].pop("1/overrides.yaml")
    assert kept["seedbed"]["1/config.yaml"]["estimator"]["metric"] == "cityblock"
    for number in "01":
        configs = [files[f"{number}/config.yaml"] for files in kept.values()]
        assert configs[0] == configs[1] == configs[2]


def test_optuna_is_told_the_mean_over_the_seeds(swept: dict[str, Swept]) -> None:
    optuna = swept["optuna"]
    found = yaml.safe_load((optuna.folder / "optimization_results.yaml").read_text())
    scores = [run.metrics["accuracy"] for run in optuna.children.values() if run.status == "FINISHED"]
    assert found["best_params"] == {"estimator.metric": "minkowski"}
    assert found["best_value"] == pytest.approx(sum(scores) / 2)
    assert f"  estimator.metric=minkowski  mean accuracy {sum(scores) / 2:.4f}\n" in optuna.outcome.err


def test_a_search_is_named_by_what_it_ran(swept: dict[str, Swept]) -> None:
    assert swept["optuna"].parent.name == "4 runs: metric (2), seed (2)"


def test_mlflows_list_shows_the_id_that_commands_take_and_the_best_score(swept: dict[str, Swept]) -> None:
    for sweep in swept.values():
        client, parent = MlflowClient(sweep.recorded.uri, sweep.recorded.uri), sweep.parent
        name = client.get_run(parent.run_id).info.run_name
        assert name.startswith(f"{parent.name} · {parent.run_id[:8]} · best mean accuracy 0.9")


def test_a_candidate_that_comes_back_in_other_words_is_not_run_again(
    command: Callable[..., Any], store_uri: str, recorded_in: Callable[[str], Any]
) -> None:
    words = ["estimator.p=2,2.0", "estimator.n_neighbors=3", "split.seed=0,1", f"tracking.uri={store_uri}"]
    outcome = command("train", "-m", *OPTUNA, *words)
    assert outcome.code == 0
    recorded = recorded_in(store_uri)
    (parent,) = recorded.sweeps
    assert len(recorded.children(parent)) == parent.metrics["runs"] == 2
    lines = [line for line in outcome.err.splitlines() if "  mean accuracy " in line]
    assert len(lines) == 2 and len({line.partition("  mean ")[2] for line in lines}) == 1


def test_a_candidate_that_cannot_run_ends_a_search_in_one_sentence(
    command: Callable[..., Any], store_uri: str, recorded_in: Callable[[str], Any]
) -> None:
    words = ["estimator.n_neighbors=3,5,500", "split.seed=0,1", f"tracking.uri={store_uri}"]
    outcome = command("train", "-m", *OPTUNA, *words)
    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("estimator.n_neighbors=500 is more than ")
    assert "Traceback" not in outcome.err
    recorded = recorded_in(store_uri)
    assert [parent.status for parent in recorded.sweeps] in ([], ["FAILED"])
    assert all(run.status == "FINISHED" for parent in recorded.sweeps for run in recorded.children(parent).values())


def test_a_search_cannot_be_resumed(swept: dict[str, Swept], command: Callable[..., Any]) -> None:
    optuna = swept["optuna"]
    uri, parent = optuna.recorded.uri, optuna.parent.run_id
    MlflowClient(uri, uri).set_terminated(parent, "KILLED")
    outcome = command("train", "-m", f"resume={parent}", f"tracking.uri={uri}")
    assert (outcome.code, outcome.out) == (1, "")
    assert "was a search, which cannot be resumed; start a new one." in outcome.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["hydra/launcher=joblib"], "runs its candidates by hydra/launcher=seedbed"),
        (["selection.metric=log_loss"], "type hydra.sweeper.direction=minimize"),
        (["selection.metric=cohen_kappa"], "and a search needs what each run logs"),
        (["~estimator"], "estimator cannot be left out; type estimator=… to change it."),
        (["dry_run=true"], "dry_run needs to know a sweep's runs"),
        (["resume=latest"], "resume needs to know a sweep's runs"),
        (["hydra.sweeper.n_trials=0"], "hydra.sweeper.n_trials=0 is not valid: expected an integer of at least 1"),
        (["estimator.n_neighbors=interval(5,1)"], "estimator.n_neighbors=interval(5,1) ends below its start"),
        (["hydra.sweeper.storage=sqlite:///optuna.db"], "leave it out: the runs are kept in MLflow"),
    ],
)
def test_what_a_search_cannot_have_is_one_sentence(
    words: list[str], sentence: str, command: Callable[..., Any], tmp_path: Path
) -> None:
    outcome = command("train", "-m", OPTUNA[0], *words, f"tracking.uri=sqlite:///{tmp_path}/m.db")
    assert outcome.code == 2
    assert sentence in outcome.sentence
    assert not list(tmp_path.iterdir())


def test_a_search_keeps_inside_its_range_and_says_what_it_does(
    command: Callable[..., Any], store_uri: str, recorded_in: Callable[[str], Any]
) -> None:
    words = ["estimator.n_neighbors=range(1,4,2)", "split.seed=range(2)", "hydra.sweeper.n_trials=6"]
    words += ["selection.metric=fit_seconds", "hydra.sweeper.direction=minimize"]
    outcome = command("train", "-m", OPTUNA[0], *words, f"tracking.uri={store_uri}")
    assert outcome.code == 0, outcome.err
    (parent,) = recorded_in(store_uri).sweeps
    tried = {run.params["estimator.n_neighbors"] for run in recorded_in(store_uri).children(parent).values()}
    assert tried <= {1, 3}
    assert "search of n_neighbors, 2 runs a candidate" in outcome.err and "  mean fit_seconds 0." in outcome.err
    assert "\x1b" not in outcome.err and "[I 20" not in outcome.err


def test_a_candidate_without_a_score_ends_no_search(
    command: Callable[..., Any], store_uri: str, write_case: Callable[[str, str], Path]
) -> None:
    """Of a class that no test row has, F1 is undefined."""
    rows = [f"{number},{number % 7},{'rare' if number == 0 else 'ab'[number % 2]}" for number in range(40)]
    table = write_case("rare.csv", "\n".join(["x,y,label", *rows]))
    words = ["dataset=csv", f"dataset.path={table}", "dataset.target=label", "dataset.holdout=0", "split.seed=0,1"]
    words += ["split.stratify=false", "selection.metric=f1/rare", "estimator.n_neighbors=1,3"]
    outcome = command("train", "-m", *OPTUNA, *words, f"tracking.uri={store_uri}")
    assert outcome.code == 0, outcome.err
    assert "Traceback" not in outcome.err
