"""The mark moves for a better candidate only, every move is kept, and a person's word stands above the guard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seedbed.cli.commands.promote import Promoted, promote
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Promote, Train
from seedbed.data.table import build_table
from seedbed.errors import BadInput, NotDone, UnknownName
from seedbed.execution.run import prepare
from seedbed.promotion.holdout import evaluate_holdout
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import find_experiment, search_runs
from seedbed.tracking.registry import open_registry
from seedbed.tracking.store import open_store
from seedbed.tracking.writer import find_local_folder

GOOD, POOR = "estimator.n_neighbors=7", "estimator.n_neighbors=40"
SEEDS = "split.seed=range(5)"


@pytest.fixture(scope="module")
def swept(new_store: Callable[[Path], str], command: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store that holds two sweeps: first a poor candidate's, then a good one's."""
    folder = tmp_path_factory.mktemp("swept")
    uri = new_store(folder)
    for words in ([POOR, SEEDS], [GOOD, "split.seed=range(7)"]):
        done = command("train", "-m", *words, environ={"MLFLOW_TRACKING_URI": uri})
        assert done.code == 0, done.err
    return folder


@pytest.fixture
def marking(swept: Path, tmp_path: Path, config_of: Callable[..., Any]) -> Callable[..., Promoted]:
    """Return `promote` on a store of its own with both sweeps."""
    shutil.copytree(swept, tmp_path / "store")
    # The copy is this test's original: its places are mended as after a move.
    from seedbed.tracking.relocation import relocate

    relocate(tmp_path / "store" / "mlflow.db")
    uri = f"sqlite:///{tmp_path / 'store' / 'mlflow.db'}"
    return lambda *words: promote(config_of(Promote, f"tracking.uri='{uri}'", *words))


def sweeps(marking: Callable[..., Promoted]) -> tuple[str, str]:
    """Return the ids of the poor and the good candidate's sweep."""
    store = open_store(_uri(marking))
    experiment = find_experiment(store, "iris")
    assert experiment is not None
    good, poor = search_runs(store, experiment, kind=Kind.SWEEP)
    return poor.run_id, good.run_id


def _uri(marking: Callable[..., Promoted]) -> str:
    cells = marking.__closure__ or ()
    return next(cell.cell_contents for cell in cells if str(cell.cell_contents).startswith("sqlite:///"))


def test_a_better_candidate_takes_the_mark_and_is_compared_on_its_own_splits(marking: Callable[..., Promoted]) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={poor}")
    done = marking(f"sweep={good}")
    assert done.moved and done.version == "2"
    assert "points better than that of version 1, the champion (k = 40) on the same 7 splits" in done.words
    assert "95 % interval of the difference" in done.words


def test_the_incumbents_missing_runs_are_kept_outside_the_sweep(marking: Callable[..., Promoted]) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={poor}")
    marking(f"sweep={good}")
    store = open_store(_uri(marking))
    experiment = find_experiment(store, "iris")
    assert experiment is not None
    done = [run for run in search_runs(store, experiment, kind=Kind.PROMOTION) if "split.seed" in run.params]
    assert len(done) == 7
    assert {run.params["estimator.n_neighbors"] for run in done} == {40}
    assert not {run.parent for run in done} & {poor, good}
    assert {run.status for run in search_runs(store, experiment, kind=Kind.PROMOTION)} == {"FINISHED"}


@pytest.mark.parametrize("again", ["equal", "worse"])
def test_one_no_better_leaves_the_mark_where_it_is(marking: Callable[..., Promoted], again: str) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={good}")
    done = marking(f"sweep={good if again == 'equal' else poor}")
    assert not done.moved
    assert done.version == "1"
    assert done.words.endswith("Version 1 stays the champion.")
    assert [version.version for version in open_registry(_uri(marking)).list_versions("iris")] == ["1"]


def test_force_overrides_the_guard_and_says_so_in_the_history(marking: Callable[..., Promoted]) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={good}")
    assert marking(f"sweep={poor}", "force=true").version == "2"
    assert "Forced." in marking("history=true").words.splitlines()[-1]


def test_a_dry_run_says_what_would_be_marked_and_writes_nothing(marking: Callable[..., Promoted]) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={poor}")
    store = open_store(_uri(marking))
    experiment = find_experiment(store, "iris")
    assert experiment is not None
    before = [run.run_id for run in search_runs(store, experiment)]
    done = marking(f"sweep={good}", "dry_run=true")
    assert not done.moved and "It would become the champion" in done.words
    assert [run.run_id for run in search_runs(store, experiment)] == before


def test_a_version_is_marked_again_by_its_number(marking: Callable[..., Promoted]) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={poor}")
    marking(f"sweep={good}")
    assert marking("version=1").version == "1"
    best = open_registry(_uri(marking)).get_champion("iris")
    assert best is not None and best.version == "1"
    again = marking("version=1")
    assert not again.moved and again.words == "Version 1 is the champion already; nothing changed."
    moves = [line.split("  ")[1] for line in marking("history=true").words.splitlines()]
    assert moves == ["none to 1", "1 to 2", "2 to 1"]
    told = json.loads(marking("history=true", "output=json").summary())["moves"]
    assert [(move["from"], move["to"]) for move in told] == [(None, "1"), ("1", "2"), ("2", "1")]
    with pytest.raises(UnknownName, match="there is 2, 1"):
        marking("version=9")


def test_a_second_version_on_the_same_holdout_says_so(marking: Callable[..., Promoted], tmp_path: Path) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={poor}")
    done = marking(f"sweep={good}")
    held = next(score for score in done.scores if score.kind == "holdout")
    assert "this was look 2 at these rows" in held.text
    best = open_registry(_uri(marking)).get_champion("iris")
    assert best is not None
    assert best.tags["seedbed.holdout_reads"] == "2"
    folder = open_registry(_uri(marking)).download(best, tmp_path / "version") / "page"
    rows = (folder / "holdout.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "row,truth,prediction" and len(rows) == 31
    importance = json.loads((folder / "importance.json").read_text(encoding="utf-8"))
    assert [column["name"] for column in importance] == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    assert importance[2]["mean"] > importance[1]["mean"]
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_of_a_wide_table_the_importance_of_the_most_telling_columns_is_measured() -> None:
    rng = np.random.default_rng(0)
    classes = np.repeat(["a", "b"], 60)
    text = pd.DataFrame({f"x{column}": rng.normal(size=120).astype(str) for column in range(60)})
    text["x41"] = (rng.normal(size=120) + 3 * (classes == "b")).astype(str)
    table = build_table(text.assign(label=classes), Dataset(path="wide.csv", target="label"))
    task = prepare(Train(dataset=table.dataset), table)
    evaluation = evaluate_holdout(task, table)
    assert evaluation is not None
    measured = json.loads(evaluation.make_files(table)["importance.json"])
    assert len(measured) == 30
    assert max(measured, key=lambda column: column["mean"])["name"] == "x41"


def test_one_no_better_than_the_most_frequent_class_is_refused(
    new_store: Callable[[Path], str], command: Any, tmp_path: Path, config_of: Callable[..., Any]
) -> None:
    uri = new_store(tmp_path / "store")
    table = tmp_path / "noise.csv"
    rows = [f"{place * 7919 % 101},{'a' if place % 3 else 'b'}" for place in range(60)]
    table.write_text("\n".join(["x,label", *rows]))
    words = ["dataset=csv", f"dataset.path={table}", "dataset.target=label", "estimator.n_neighbors=30", SEEDS]
    swept = command("train", "-m", *words, environ={"MLFLOW_TRACKING_URI": uri})
    assert swept.code == 0 and "compare.py dataset.name=noise`" in swept.out
    assert "promote.py dataset.name=noise`" in swept.out
    with pytest.raises(NotDone, match="always predicting the most frequent class"):
        promote(config_of(Promote, f"tracking.uri='{uri}'", "dataset.name=noise"))
    assert promote(config_of(Promote, f"tracking.uri='{uri}'", "dataset.name=noise", "force=true")).moved


@pytest.mark.parametrize("word", ["estimator.n_neighbors=110", "estimator.metric=haversine"])
def test_a_marked_version_that_cannot_be_fitted_on_the_same_splits_stays_unless_forced(
    marking: Callable[..., Promoted], command: Any, word: str
) -> None:
    """It was marked by a person, as a run on more rows; or its candidate's params were written by hand."""
    uri = _uri(marking)
    assert command("train", "+experiment=tutorial", "estimator.n_neighbors=110", f"tracking.uri='{uri}'").code == 0
    assert marking("run=latest").version == "1"
    if "haversine" in word:
        params = {"estimator.n_neighbors": "3", "estimator.metric": "haversine"}
        registry = open_registry(uri)
        registry.store.client.set_model_version_tag("iris", "1", "seedbed.params", json.dumps(params))
    with pytest.raises(NotDone, match=r"^Version 1, the champion, cannot be compared on the same splits: .*force=true"):
        marking()
    forced = marking("force=true")
    assert forced.moved and forced.version == "2" and "cannot be compared" in forced.words
    assert [move["to"] for move in open_registry(uri).list_moves("iris")] == ["1", "2"]


def test_a_model_of_another_table_is_not_replaced_unless_forced(marking: Callable[..., Promoted]) -> None:
    """As earlier code recorded a table of one's own under the name of another one."""
    assert marking().version == "1"
    params = json.dumps({"estimator.n_neighbors": "3", "dataset.target": "label"})
    open_registry(_uri(marking)).store.client.set_model_version_tag("iris", "1", "seedbed.params", params)
    with pytest.raises(NotDone, match="same splits: it predicts label, and this sweep variety. .*force=true"):
        marking()
    assert marking("force=true").moved


@pytest.mark.parametrize("dry", [(), ("dry_run=true",)])
def test_a_champion_of_another_program_is_not_replaced_unless_forced(
    marking: Callable[..., Promoted], tmp_path: Path, dry: tuple[str, ...]
) -> None:
    client = open_registry(_uri(marking)).store.client
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "MLmodel").write_text("flavors: {}")
    client.create_registered_model("iris")
    client.create_model_version("iris", (tmp_path / "theirs").as_uri())
    client.set_registered_model_alias("iris", "best", "1")
    for asked in ("sweep=latest", "run=latest"):
        with pytest.raises(NotDone, match="Version 1, the champion, .* it was not made by Seedbed; .*force=true"):
            marking(asked, *dry)
    assert [version.version for version in open_registry(_uri(marking)).list_versions("iris")] == ["1"]
    if not dry:
        assert marking("force=true").version == "2"


def test_on_the_very_same_splits_the_higher_mean_decides_and_elsewhere_a_corrected_difference(
    marking: Callable[..., Promoted], command: Any
) -> None:
    poor, good = sweeps(marking)
    assert command("train", "-m", GOOD, SEEDS, f"tracking.uri='{_uri(marking)}'").code == 0
    marking(f"sweep={poor}")
    on_other_seeds = marking(f"sweep={good}", "dry_run=true").words
    assert "corrected for the choice it is" in on_other_seeds and "more than chance alone often gives" in on_other_seeds
    same = marking("dry_run=true")
    assert "better than that of version 1" in same.words and "corrected" not in same.words
    assert marking().version == "2"
    marking("version=1")  # by hand: nothing was chosen
    assert "corrected for the choice it is" in marking("dry_run=true").words
    # By another metric it was not chosen either.
    by_f1 = marking("dry_run=true", "selection.metric=macro_f1").words
    assert "corrected for the choice it is" in by_f1 and "interval of the difference" not in by_f1
    # A metric that no run logs is computed of the champion too, whose runs are done again.
    assert "corrected for the choice it is" in marking("dry_run=true", "selection.metric=cohen_kappa").words


def test_too_few_splits_across_sweeps_move_nothing_unless_forced(
    marking: Callable[..., Promoted], command: Any
) -> None:
    poor, _ = sweeps(marking)
    assert command("train", "-m", GOOD, "split.seed=range(3)", f"tracking.uri='{_uri(marking)}'").code == 0
    marking(f"sweep={poor}")
    with pytest.raises(NotDone, match="3 of the 3 splits have a score of both, and 5 are needed to tell .*force=true"):
        marking()
    assert marking("force=true").version == "2"


def test_splits_without_a_score_of_both_are_left_out_and_counted(
    marking: Callable[..., Promoted], command: Any, tmp_path: Path
) -> None:
    """Of a class of two rows the champion predicts none, so that its precision is undefined where a test lacks it."""
    table, uri = tmp_path / "rare.csv", _uri(marking)
    rows = [f"{row % 29},{'c' if row % 29 == 3 else 'ab'[row % 29 // 15]}" for row in range(87)]
    table.write_text("\n".join(["x,label", *rows]))
    words = [
        "dataset=csv",
        f"dataset.path={table}",
        "dataset.target=label",
        "dataset.holdout=0",
        "split.stratify=false",
    ]
    metric, name = "selection.metric=precision/c", "dataset.name=rare"
    for k in (15, 1):
        swept = command(
            "train", "-m", *words, f"estimator.n_neighbors={k}", "split.seed=range(12)", metric, f"tracking.uri='{uri}'"
        )
        assert swept.code == 0, swept.err
    found = [
        run.run_id
        for run in search_runs(open_store(uri), str(find_experiment(open_store(uri), "rare")), kind=Kind.SWEEP)
    ]
    assert marking(name, f"sweep={found[1]}").moved
    with pytest.raises(NotDone, match="0 of the [0-9]+ splits have a score of both"):
        marking(name, f"sweep={found[0]}", metric)


def test_every_attempt_but_a_dry_run_is_a_look_at_the_holdout(marking: Callable[..., Promoted], command: Any) -> None:
    poor, good = sweeps(marking)
    marking(f"sweep={good}")
    assert "holdout rows" not in marking(f"sweep={poor}", "dry_run=true").words
    kept = marking(f"sweep={poor}")
    assert not kept.moved and "on 30 holdout rows" in kept.words
    params = json.dumps({"estimator.n_neighbors": "3", "estimator.metric": "haversine"})
    registry = open_registry(_uri(marking))
    registry.store.client.set_model_version_tag("iris", "1", "seedbed.params", params)
    with pytest.raises(NotDone):
        marking(f"sweep={poor}")
    done = marking(f"sweep={poor}", "force=true")
    assert "this was look 4 at these rows" in next(score for score in done.scores if score.kind == "holdout").text
    experiment = find_experiment(registry.store, "iris")
    assert experiment is not None
    looks = [
        run for run in search_runs(registry.store, experiment, kind=Kind.PROMOTION) if Tags.HOLDOUT_KEY in run.tags
    ]
    assert [run.status for run in looks] == ["FINISHED", "FAILED", "FINISHED", "FINISHED"]
    assert "cannot be compared on the same splits" in looks[1].tags[Tags.ERROR]


def test_a_run_that_was_promoted_before_makes_no_second_version(marking: Callable[..., Promoted]) -> None:
    _, good = sweeps(marking)
    assert marking("run=latest").version == "1"
    again = marking("run=latest")
    assert not again.moved and again.words == "Version 1 is the champion already; nothing changed."
    assert marking(f"sweep={good}", "force=true").version == "2"
    back = marking("run=latest")
    assert back.moved and back.version == "1"
    assert len(open_registry(_uri(marking)).list_versions("iris")) == 2


def test_a_time_promotes_nothing(marking: Callable[..., Promoted]) -> None:
    with pytest.raises(BadInput, match="^selection.metric=fit_seconds varies with the machine's load; promote by acc"):
        marking("selection.metric=fit_seconds")


def test_a_run_of_another_table_is_refused_by_that_tables_name(
    marking: Callable[..., Promoted], command: Any, tmp_path: Path
) -> None:
    table, uri = tmp_path / "mine.csv", _uri(marking)
    table.write_text("\n".join(["x,label", *(f"{row},{'ab'[row // 30]}" for row in range(60))]))
    words = ["dataset=csv", f"dataset.path={table}", "dataset.target=label", f"tracking.uri='{uri}'"]
    run = json.loads(command("train", *words, "output=json").out)["run"]
    with pytest.raises(
        BadInput, match=f"^The run {run[:8]} .* is of the table mine, not of iris; .* dataset.name=mine$"
    ):
        marking(f"run={run}")
    done = command("reproduce", f"run={run[:8]}", f"tracking.uri='{uri}'")
    assert done.code == 0 and "identical" in done.out


def test_two_promotes_at_once_leave_two_whole_versions_and_one_mark(
    marking: Callable[..., Promoted], config_of: Callable[..., Any]
) -> None:
    words = (f"tracking.uri='{_uri(marking)}'", "force=true")
    configs = [config_of(Promote, f"sweep={sweep}", *words) for sweep in sweeps(marking)]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(promote, configs))
    registry = open_registry(_uri(marking))
    assert {each.version for each in done} == {version.version for version in registry.list_versions("iris")}
    best = registry.get_champion("iris")
    assert best is not None and best.version == registry.list_moves("iris")[-1]["to"]


def test_a_marked_version_whose_files_were_purged_is_told_and_replaced(
    marking: Callable[..., Promoted], tmp_path: Path
) -> None:
    """Case H27: the logged model behind `best` is deleted, and MLflow's garbage collection takes its files."""
    _, good = sweeps(marking)
    assert marking(f"sweep={good}").version == "1"
    registry = open_registry(_uri(marking))
    best = registry.get_champion("iris")
    assert best is not None
    model_id = best.source.removeprefix("models:/")
    place = find_local_folder(registry.store.client.get_logged_model(model_id).artifact_location)
    registry.store.client.delete_run(str(best.run_id))
    registry.store.client.delete_logged_model(model_id)
    assert place is not None
    shutil.rmtree(place)
    with pytest.raises(NotDone, match=r"^The files of version 1 of iris are gone, .*; promote another\.$"):
        marking("version=1")
    with pytest.raises(NotDone, match=r"^The files of version 1 of iris are gone from .*; promote again: python exper"):
        registry.download(best, tmp_path / "page")
    again = marking(f"sweep={good}")
    assert again.moved and again.version == "2" and "The files of version 1 are gone." in again.words
