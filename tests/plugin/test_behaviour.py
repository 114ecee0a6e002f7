"""Hydra's own ways with our sweeper and launcher, and other people's trouble with them (the cases H03 to H08, H92)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

CALLBACK = """
from hydra.experimental.callback import Callback


class Note(Callback):
    def __init__(self, file):
        self.file = file

    def note(self, line):
        with open(self.file, "a") as file:
            print(line, file=file)

    def on_multirun_start(self, config, **_):
        self.note("multirun starts")

    def on_multirun_end(self, config, **_):
        self.note("multirun ends")

    def on_job_start(self, config, *, task_function, **_):
        self.note(f"job {config.hydra.job.num} starts: seed {config.split.seed}")

    def on_job_end(self, config, job_return, **_):
        self.note(f"job {config.hydra.job.num} ends: {job_return.status.name}")
"""
ONE = ["estimator.n_neighbors=3", "split.seed=0"]


@dataclass(frozen=True)
class Place:
    """A test's own store and folder, and the command that uses them."""

    run: Callable[..., Any]
    uri: str
    folder: Path
    recorded: Any
    environ: dict[str, str] = field(default_factory=dict)

    def train(self, *words: str) -> Any:
        """Run `train.py` with the sweeps' folders in this one."""
        environ = {"MLFLOW_TRACKING_URI": self.uri, **self.environ}
        return self.run("train", *words, folder=self.folder, environ=environ)


@pytest.fixture
def place(command: Callable[..., Any], store_uri: str, recorded_in: Callable[[str], Any], tmp_path: Path) -> Place:
    """Return an empty place."""
    return Place(command, store_uri, tmp_path, recorded_in(store_uri))


def test_configs_and_plugins_are_shown(place: Place) -> None:
    job = yaml.safe_load(place.train("--cfg", "job", "estimator.n_neighbors=7").out)
    hydra = yaml.safe_load(place.train("--cfg", "hydra", "hydra.launcher.n_jobs=2").out)["hydra"]
    plugins = place.train("--info", "plugins").out
    assert job["estimator"]["n_neighbors"] == 7
    assert hydra["launcher"] == {"_target_": "hydra_plugins.seedbed_sweep.launcher.SeedbedLauncher", "n_jobs": 2}
    assert hydra["sweeper"]["params"]["split.seed"] == "range(0,10)"
    assert "SeedbedLauncher" in plugins and "SeedbedSweeper" in plugins
    assert place.recorded.sweeps == []


def test_help_names_the_groups(place: Place) -> None:
    words = place.train("--help").out
    assert "with -m, a sweep of them" in words
    assert "preprocess=auto|default|native|none|standardize" in words


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("estimator.n_n", "estimator.n_neighbors="), ("preprocess=st", "preprocess=standardize")],
)
def test_the_shell_completes_words(place: Place, typed: str, offered: str) -> None:
    line = f"train.py {typed}"
    place.environ.update(COMP_LINE=line, COMP_POINT=str(len(line)))
    assert place.train("-sc", "query=bash").out.split() == [offered]


def test_the_mode_is_taken_from_the_config(place: Place) -> None:
    """H92: a sweep without -m."""
    assert place.train("hydra.mode=MULTIRUN", "estimator.n_neighbors=1,3", "split.seed=0").code == 0
    (parent,) = place.recorded.sweeps
    assert set(place.recorded.children(parent)) == {"n_neighbors=1", "n_neighbors=3"}


def test_a_sweep_of_one_has_its_parent(place: Place) -> None:
    assert place.train("-m", *ONE).code == 0
    (parent,) = place.recorded.sweeps
    assert set(place.recorded.children(parent)) == {"n_neighbors=3 seed=0"}


def test_several_values_without_m_are_refused(place: Place) -> None:
    outcome = place.train("estimator.n_neighbors=1,3")
    assert outcome.code == 2
    assert "-m" in outcome.sentence


def test_the_default_grid_is_replaced_key_by_key(place: Place) -> None:
    words = ["++hydra.sweeper.params={estimator.n_neighbors: '1,3', split.seed: '0,1,2'}", "split.seed=5"]
    assert place.train("-m", *words).code == 0
    (parent,) = place.recorded.sweeps
    children = place.recorded.children(parent)
    assert sorted(children) == ["n_neighbors=1", "n_neighbors=3"]
    assert {run.params["split.seed"] for run in children.values()} == {5}


def test_folders_are_named_as_in_hydra(place: Place) -> None:
    """H04: by the overrides; a slash makes a folder in a folder."""
    words = ["hydra.sweep.dir=sweep", "hydra.sweep.subdir=${hydra.job.override_dirname}"]
    words += ["preprocess=standardize", "hydra.output_subdir=.hydra"]
    assert place.train("-m", *ONE, *words, "dataset.title=a/b").code == 0
    name = "dataset.title=a/b,estimator.n_neighbors=3,preprocess=standardize,split.seed=0"
    kept = yaml.safe_load((place.folder / "sweep" / name / ".hydra" / "hydra.yaml").read_text())["hydra"]
    assert kept["runtime"]["output_dir"] == str(place.folder / "sweep" / name)
    assert (place.folder / "sweep" / "multirun.yaml").exists()


def test_a_folder_name_that_no_disk_takes_is_one_sentence_if_the_folder_is_asked_for(place: Place) -> None:
    words = ["hydra.sweep.subdir=${hydra.job.override_dirname}", f"dataset.title={'x' * 300}"]
    assert place.train("-m", *ONE, *words).code == 0
    outcome = place.train("-m", *ONE, *words, "hydra.output_subdir=.hydra")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].endswith(
        " cannot be used: File name too long; type hydra.run.dir=FOLDER to write elsewhere."
    )
    assert [parent.status for parent in place.recorded.sweeps] == ["FAILED", "FINISHED"]


def test_only_what_is_asked_for_is_kept_in_folders(place: Place) -> None:
    assert place.train("hydra.run.dir=run").code == 0
    assert place.train("-m", *ONE, "hydra.sweep.dir=sweep").code == 0
    assert place.train("hydra.run.dir=kept", "hydra.output_subdir=.hydra").code == 0
    assert {"run", "sweep", "kept"} & {entry.name for entry in place.folder.iterdir()} == {"sweep", "kept"}
    assert [entry.name for entry in (place.folder / "sweep").iterdir()] == ["multirun.yaml"]
    files = {entry.name for entry in (place.folder / "kept" / ".hydra").iterdir()}
    assert files == {"config.yaml", "hydra.yaml", "overrides.yaml"}


def test_the_folders_of_a_resumed_sweep_go_on(place: Place) -> None:
    words = ("split.seed=0", "hydra/launcher=basic")
    assert place.train("-m", "estimator.n_neighbors=1,3", *words, "hydra.sweep.dir=sweep").code == 0
    (parent,) = place.recorded.sweeps
    assert place.train("-m", f"resume={parent.run_id}", "estimator.n_neighbors=1,3,5", *words).code == 0
    assert sorted(entry.name for entry in (place.folder / "sweep").iterdir()) == ["0", "1", "4", "multirun.yaml"]


@pytest.mark.slow
def test_two_sweeps_in_one_second_have_two_folders(place: Place) -> None:
    """H05: also where one command follows the other at once."""
    for _ in range(2):
        assert place.train("-m", *ONE).code == 0
    folders = {place.recorded.folder(parent) for parent in place.recorded.sweeps}
    assert len(folders) == 2
    assert all((folder / "multirun.yaml").exists() for folder in folders)


def test_values_that_nobody_asked_for_are_refused(place: Place) -> None:
    """H06: Hydra sorts range(1,10,4) downwards to 6, 2, -2."""
    outcome = place.train("-m", "estimator.n_neighbors=sort(range(1,10,4),reverse=true)")
    assert outcome.code == 2
    assert outcome.sentence.startswith("estimator.n_neighbors=-2 is not valid")
    assert place.recorded.sweeps == []


def test_repeated_values_run_once(place: Place) -> None:
    """H08: no seed counts twice."""
    outcome = place.train("-m", "estimator.n_neighbors=1,1,3", "split.seed=0,1")
    assert outcome.code == 0
    assert "2 repeated" in outcome.err
    (parent,) = place.recorded.sweeps
    assert len(place.recorded.children(parent)) == 4


def test_an_empty_range_is_refused(place: Place) -> None:
    outcome = place.train("-m", "estimator.n_neighbors=range(10,1)")
    assert outcome.code == 2
    assert outcome.sentence == "estimator.n_neighbors=range(10,1) has no values, so there is nothing to run."
    assert place.recorded.sweeps == []


@pytest.fixture
def experiments(place: Place) -> str:
    """Return a folder of configs with experiments that choose a launcher."""
    folder = place.folder / "more" / "experiment"
    folder.mkdir(parents=True)
    for name in ("basic", "seedbed"):
        text = f"# @package _global_\ndefaults: [{{override /hydra/launcher: {name}}}]\n"
        (folder / f"by_{name}.yaml").write_text(text)
    (folder / "few.yaml").write_text("# @package _global_\nhydra: {launcher: {n_jobs: 1}}\n")
    return str(folder.parent)


def test_the_launcher_of_an_experiment_is_used(place: Place, experiments: str) -> None:
    """H03: chosen in a file that all jobs share."""
    outcome = place.train(
        "-cd", experiments, "-m", "+experiment=by_basic", *ONE, "hydra.sweep.dir=sweep", "hydra.output_subdir=.hydra"
    )
    assert outcome.code == 0
    kept = yaml.safe_load((place.folder / "sweep" / "0" / ".hydra" / "hydra.yaml").read_text())["hydra"]
    assert kept["launcher"]["_target_"].endswith("BasicLauncher")
    assert kept["runtime"]["choices"]["hydra/launcher"] == "basic"


@pytest.mark.parametrize(("swept", "named"), [("by_seedbed,by_basic", "basic"), ("few,by_seedbed", "seedbed")])
def test_a_launcher_of_one_job_is_refused(place: Place, experiments: str, swept: str, named: str) -> None:
    outcome = place.train("-cd", experiments, "-m", f"+experiment={swept}", *ONE)
    assert outcome.code == 2
    assert f"type hydra/launcher={named} and its keys beside -m instead" in outcome.sentence
    assert place.recorded.sweeps == []


@pytest.mark.slow
def test_callbacks_are_called_around_every_job(place: Place, real_command: Callable[..., Any]) -> None:
    (place.folder / "noting.py").write_text(CALLBACK)
    note = place.folder / "note.txt"
    place = replace(place, run=real_command, environ={"PYTHONPATH": str(place.folder)})
    callback = f"+hydra.callbacks.note={{_target_: noting.Note, file: '{note}'}}"
    words = ["-m", "estimator.n_neighbors=3", "estimator.metric=minkowski,haversine", "split.seed=4", callback]
    outcome = place.train(*words)
    assert outcome.code == 1
    assert "With hydra.callbacks the runs go one after another" in outcome.err
    assert note.read_text().splitlines() == [
        "multirun starts",
        "job 0 starts: seed 4",
        "job 0 ends: COMPLETED",
        "job 1 starts: seed 4",
        "job 1 ends: FAILED",
    ]
    (parent,) = place.recorded.sweeps
    assert {run.status for run in place.recorded.children(parent).values()} == {"FINISHED", "FAILED"}


@pytest.mark.parametrize(
    ("word", "named", "left"),
    [
        ("hydra.job.chdir=true", "hydra.job.chdir", []),
        ("hydra/job_logging=default", "the log files of hydra.job_logging", ["train.log"]),
        pytest.param("hydra.output_subdir=.hydra", "hydra.output_subdir", [".hydra"], marks=pytest.mark.slow),
    ],
)
def test_a_job_in_its_own_folder_or_with_a_log_file_has_what_hydra_gives(
    word: str, named: str, left: list[str], place: Place
) -> None:
    outcome = place.train("-m", "estimator.n_neighbors=1,3", "split.seed=0", word, "hydra.sweep.dir=sweep")
    assert outcome.code == 0
    assert f"With {named} the runs go one after another" in outcome.err
    for job in ("0", "1"):
        assert sorted(entry.name for entry in (place.folder / "sweep" / job).iterdir()) == left


def test_a_search_refuses_what_only_hydras_own_jobs_give(place: Place) -> None:
    words = ("hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "hydra.job.chdir=true")
    outcome = place.train("-m", *words)
    assert outcome.code == 2
    assert outcome.sentence.startswith("hydra.job.chdir needs jobs that Hydra runs, and hydra/sweeper=optuna runs its ")
    assert place.recorded.sweeps == []


@pytest.mark.parametrize("launcher", ["seedbed", pytest.param("basic", marks=pytest.mark.slow)])
def test_repeated_jobs_leave_gaps_in_the_numbers(place: Place, launcher: str) -> None:
    words = ["estimator.n_neighbors=1,1,3", "split.seed=0", "hydra.sweep.dir=sweep", "hydra.output_subdir=.hydra"]
    assert place.train("-m", *words, f"hydra/launcher={launcher}").code == 0
    assert sorted(entry.name for entry in (place.folder / "sweep").iterdir()) == ["0", "2", "multirun.yaml"]


def test_runs_that_leave_no_record_are_missed(place: Place) -> None:
    """As where another launcher's process cannot reach the store: never a FINISHED sweep with holes."""
    outcome = place.train("-m", "estimator.n_neighbors=1,3", "split.seed=0", "+hydra.job.env_set.SEEDBED_SWEEP='{}'")
    assert outcome.code == 1
    said, sentence = outcome.err.splitlines()[2:]
    assert said.startswith("With hydra.job.env_set the runs go one after another")
    assert sentence.startswith("2 of the runs could not be recorded (KeyError: 'dataset'); continue with: python")
    (parent,) = place.recorded.sweeps
    assert parent.status == "FAILED"
