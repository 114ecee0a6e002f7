"""`prune`: the models that nobody needs go, with their bytes, and no record does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seedbed.cli.commands.compare import compare
from seedbed.cli.commands.promote import promote
from seedbed.cli.commands.prune import Pruned, prune
from seedbed.cli.commands.reproduce import reproduce
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Compare, Estimator, Promote, Prune, Reproduce, Selection, Split, Tracking, Train
from seedbed.errors import NotDone, UnknownName
from seedbed.execution.run import Runner, prepare
from seedbed.tracking import model_files
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import find_run, read_run, search_runs
from seedbed.tracking.registry import open_registry
from seedbed.tracking.store import ensure_experiment, open_store
from seedbed.tracking.stored_models import list_models
from seedbed.tracking.writer import fetch_model, find_local_folder

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")


def pruned(uri: str, keep: int = 10, runs: Sequence[str] = (), metric: str = "accuracy", **other: Any) -> Pruned:
    config = Prune(dataset=IRIS, tracking=Tracking(uri), keep=keep, runs=list(runs), selection=Selection(metric))
    return prune(replace(config, **other))


def models_in(uri: str) -> dict[str, Path | None]:
    """Return the folder of every model that MLflow knows, by its run."""
    store = open_store(uri)
    return {
        model.run_id: find_local_folder(model.artifact_uri)
        for model in list_models(store, ensure_experiment(store, "iris"))
    }


def size(folder: Path | None) -> int:
    assert folder is not None
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


# A sweep, its promotion and single runs, pruned in one go


@dataclass(frozen=True, eq=False)
class After:
    """A store before and after a prune that kept the best candidate of a sweep of three, and one run by its name."""

    uri: str
    sweep: list[str]
    single: str
    named: str
    before: dict[str, Path | None]
    looked: Pruned
    done: Pruned
    bytes: int

    @property
    def removed(self) -> set[str]:
        return {model.run_id for model in self.done.removed}


@pytest.fixture(scope="module")
def after(
    tmp_path_factory: pytest.TempPathFactory,
    new_store: Callable[[Path], str],
    runner_on: Callable[..., Runner],
    command: Callable[..., Any],
) -> After:
    uri = new_store(tmp_path_factory.mktemp("pruned"))
    words = ("estimator.n_neighbors=1,5,60", "split.seed=0,1")
    assert command("train", "-m", *words, environ={"MLFLOW_TRACKING_URI": uri}).code == 0
    promote(Promote(dataset=IRIS, tracking=Tracking(uri)))
    runner = runner_on(uri)
    single, named = (
        runner.run(prepare(Train(dataset=IRIS, estimator=Estimator(n_neighbors=k)), runner.table))[0] for k in (2, 3)
    )
    store = runner.writer.store
    sweep = find_run(store, "iris", "latest", Kind.SWEEP).run_id
    cells = search_runs(store, runner.writer.experiment_id, parent=sweep, kind=Kind.RUN)
    before = models_in(uri)
    looked = pruned(uri, 1, [named[:8]], dry_run=True)
    assert models_in(uri) == before and all(map(size, before.values()))
    freed = sum(size(before[model.run_id]) for model in looked.removed)
    done = pruned(uri, 1, [named[:8]])
    return After(uri, [run.run_id for run in cells], single, named, before, looked, done, freed)


def test_the_models_of_the_best_the_named_and_the_registered_stay(after: After) -> None:
    assert len(after.before) == 9 and len(after.removed) == 5
    assert after.done.kept == {"of the best 1 of a sweep": 2, "named": 1, "registered": 1}
    assert after.single in after.removed and after.named not in after.removed
    store = open_store(after.uri)
    (best,) = {find_run(store, "iris", run).params["estimator.n_neighbors"] for run in {*after.sweep} - after.removed}
    marked = open_registry(after.uri).get_champion("iris")
    assert marked is not None and json.loads(marked.tags[Tags.PARAMS])["estimator.n_neighbors"] == str(best)


def test_the_bytes_are_gone_and_were_said_before(after: After) -> None:
    left = models_in(after.uri)
    assert {*left} == {*after.before} - after.removed and all(map(size, left.values()))
    for run_id in after.removed:
        folder = after.before[run_id]
        assert folder is not None and not folder.exists() and not folder.parent.exists()
    assert after.looked.removed == after.done.removed
    assert after.looked.size == after.done.size == after.bytes > 50_000


def test_it_says_what_went_and_what_stays(after: After) -> None:
    size = f"{after.bytes / 1e3:.0f} kB"
    assert after.looked.summary().startswith(f"5 models, {size}, would be removed; nothing was (dry_run). Kept: 2")
    assert after.done.summary().startswith(f"5 models, {size}, removed; every record stays. Kept: 2 of the best 1")
    document = json.loads(replace(after.done, output="json").summary())
    assert (document["models"], document["bytes"], {*document["runs"]}) == (5, after.bytes, after.removed)


def test_every_record_stays_and_says_that_the_model_is_gone(after: After) -> None:
    store = open_store(after.uri)
    for run_id in [*after.sweep, after.single]:
        assert read_run(store, run_id).metrics["accuracy"] > 0
    done = reproduce(Reproduce(dataset=IRIS, tracking=Tracking(after.uri), run=after.single))
    assert done.identical and done.done.changes[-1].startswith("Its model is gone (removed by prune on 20")
    again = promote(Promote(dataset=IRIS, tracking=Tracking(after.uri), run=after.single, dry_run=True))
    assert "It would become the champion" in again.words


def test_the_rest_goes_on_working(after: After, tmp_path: Path) -> None:
    assert compare(Compare(dataset=IRIS, tracking=Tracking(after.uri))).comparison.analysis.choice is not None
    assert promote(Promote(dataset=IRIS, tracking=Tracking(after.uri), dry_run=True, force=True)).version == "1"
    registry = open_registry(after.uri)
    best = registry.get_champion("iris")
    assert best is not None
    assert model_files.read(registry.download(best, tmp_path)).n_samples_fit_ == 150


def test_a_second_one_finds_nothing_to_do(after: After) -> None:
    again = pruned(after.uri, 1, [after.named])
    assert again.removed == () and again.summary().startswith("0 models, 0 kB, removed")


def test_what_is_not_there_removes_nothing(after: After) -> None:
    before = models_in(after.uri)
    with pytest.raises(UnknownName, match="There is no run nothing"):
        pruned(after.uri, 0, ["nothing"])
    with pytest.raises(UnknownName, match="There is no metric acuracy"):
        pruned(after.uri, metric="acuracy")
    with pytest.raises(NotDone, match="There is no run of other in .*, so there is nothing to remove"):
        pruned(after.uri, dataset=replace(IRIS, name="other"))
    assert models_in(after.uri) == before


# Stores without a sweep that ended


@pytest.fixture
def runner(store_uri: str, runner_on: Callable[..., Runner]) -> Runner:
    return runner_on(store_uri)


def one(runner: Runner, seed: int = 0) -> str:
    return runner.run(prepare(Train(dataset=IRIS, split=Split(seed=seed)), runner.table))[0]


def test_a_removal_that_was_cut_short_says_gone_and_a_second_one_finishes(runner: Runner) -> None:
    store, run_id = runner.writer.store, one(runner)
    folder = fetch_model(store, run_id)
    assert folder is not None
    runner.writer.tag(run_id, {str(Tags.PRUNED): "2026-01-02T03:04:05+00:00"})
    (folder / "MLmodel").unlink()
    assert fetch_model(store, run_id) is None
    done = reproduce(Reproduce(dataset=IRIS, tracking=Tracking(store.uri)))
    assert done.identical and "(removed by prune on 2026-01-02)" in done.done.changes[-1]
    assert len(pruned(store.uri, runs=[run_id]).removed) == 1
    assert models_in(store.uri) == {} and not folder.exists()


def test_the_models_of_an_open_sweep_and_of_an_open_run_stay(runner: Runner) -> None:
    sweep = runner.writer.start("a sweep", {}, Kind.SWEEP)
    cell = one(replace(runner, writer=replace(runner.writer, parent=sweep)))
    single = one(runner, 1)
    runner.writer.update(single, "RUNNING", "still at it")
    done = pruned(runner.writer.store.uri, 0)
    assert done.removed == () and done.kept == {f"of an unfinished sweep ({sweep[:8]})": 1, "running": 1}
    assert {*models_in(runner.writer.store.uri)} == {cell, single}


def test_models_that_are_not_ours_or_of_deleted_runs_stay(runner: Runner) -> None:
    client, experiment = runner.writer.store.client, runner.writer.experiment_id
    by_hand = client.create_run(experiment).info.run_id
    client.create_logged_model(experiment, name="model", source_run_id=by_hand)
    deleted = one(runner)
    client.delete_run(deleted)
    assert {*models_in(client.tracking_uri)} == {by_hand, deleted}
    done = pruned(client.tracking_uri, 0)
    assert done.removed == () and sum(done.kept.values()) == 2


@pytest.mark.parametrize("by", ["run", "name"])
def test_a_run_that_was_marked_or_registered_by_hand_keeps_its_model(runner: Runner, by: str) -> None:
    uri, run_id = runner.writer.store.uri, one(runner)
    if by == "run":
        promote(Promote(dataset=IRIS, tracking=Tracking(uri), run=run_id))
    else:
        (output,) = runner.writer.store.client.get_run(run_id).outputs.model_outputs
        open_registry(uri).create_version("another name", f"models:/{output.model_id}", run_id, {}, "")
    done = pruned(uri, 0)
    assert done.removed == () and {*done.kept} == {"registered"}


def test_the_leaders_by_the_metric_of_a_comparison_stay_too(old_store: Callable[[Path], str], tmp_path: Path) -> None:
    uri = old_store(tmp_path)
    assert pruned(uri, 1, dry_run=True).kept["of the best 1 of a sweep"] == 2
    compare(Compare(dataset=IRIS, tracking=Tracking(uri), selection=Selection("fit_seconds")))
    assert pruned(uri, 1, dry_run=True).kept["of the best 1 of a sweep"] == 4


def test_the_command_says_the_size_before_the_answer(
    old_store: Callable[[Path], str], tmp_path: Path, command: Callable[..., Any]
) -> None:
    uri = old_store(tmp_path)
    done = command("prune", "keep=1", "output=json", environ={"MLFLOW_TRACKING_URI": uri})
    assert (done.code, done.err) == (0, f"Table iris, store {uri}.\nRemoving 5 models, 142 kB.\n")
    assert json.loads(done.out)["models"] == 5
    assert command("prune", "keep=-1", environ={"MLFLOW_TRACKING_URI": uri}).sentence == (
        "keep=-1 is not valid: expected an integer of at least 0."
    )
