"""Every command that an answer or a refusal names is pasted as it stands, and acts on the same table and store."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from seedbed.config.dataset import Dataset
from seedbed.execution.engines.engine import SweepTarget
from seedbed.execution.sweep.messages import OpenSweep, SweepRequest
from seedbed.execution.sweep.sweep import Sweep
from seedbed.tracking.names import Kind, Tags

ROOT = Path(__file__).resolve().parents[2]
NAME = "01-a,b"  # which Hydra reads as two values unless it is quoted
GRID = ("-m", "estimator.n_neighbors=1,3", "split.seed=0,1")


@dataclass(frozen=True)
class Place:
    """A store that no command takes without a word, with a table of an odd name in it."""

    command: Callable[..., Any]
    uri: str
    swept: Any

    def paste(self, hint: str, *more: str) -> Any:
        """Run a hint as a shell would, from any folder, and return its outcome."""
        python, script, *words = shlex.split(hint)
        assert python == "python" and script.startswith("experiments/")
        return self.command(Path(script).stem, *words, *more)

    def runs(self, kind: Kind) -> list[Any]:
        client = MlflowClient(self.uri)
        experiments = {found.name: found.experiment_id for found in client.search_experiments()}
        assert set(experiments) <= {NAME, "Default"}
        return list(client.search_runs([experiments[NAME]], f"tags.`{Tags.KIND}` = '{kind}'"))


def hints(text: str) -> list[str]:
    return re.findall(r"`(python .*?)`", text)


@pytest.fixture(scope="module")
def place(command: Any, new_store: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("hints")
    shutil.copy(ROOT / "tests" / "cases" / "01-a,b.csv", folder)
    uri = new_store(folder / "a store, (copy)")
    table = ("dataset=csv", 'dataset.path="01-a,b.csv"', "dataset.target=label", "dataset.holdout=0")
    swept = command("train", *GRID, *table, f'tracking.uri="{uri}"', "split.stratify=false", folder=folder)
    assert swept.code == 0, swept.err
    return Place(command, uri, swept)


def test_a_sweep_leads_on_to_its_page(place: Place) -> None:
    compare, promote = hints(place.swept.out)
    compared = place.paste(compare)
    assert compared.code == 0, compared.err
    (comparison,) = place.runs(Kind.COMPARISON)
    assert hints(compared.out)[0] == promote
    promoted = place.paste(promote, "force=true")
    assert promoted.code == 0, promoted.err
    assert comparison.data.tags[Tags.PARENT] in {run.info.run_id for run in place.runs(Kind.SWEEP)}
    (serve,) = hints(promoted.out)
    python, m, program, *words = shlex.split(serve)
    assert (python, m, program) == ("python", "-m", "serve")
    composed = subprocess.run(
        [sys.executable, "-m", "serve", *words, "--cfg", "job"], capture_output=True, text=True, cwd=ROOT
    )
    assert f"name: {NAME}\n" in composed.stdout and f"uri: {place.uri}\n" in composed.stdout


def test_a_wider_grid_is_of_the_same_table(place: Place) -> None:
    """Also from another folder than the one in which a relative path was typed."""
    words = (f'dataset.name="{NAME}"', f'tracking.uri="{place.uri}"', "output=json")
    answer = json.loads(place.command("compare", *words).out)
    wider = place.paste(answer["choice"]["wider_command"])
    assert wider.code == 0, wider.err
    assert len({run.data.tags[Tags.DIGEST] for run in place.runs(Kind.SWEEP)}) == 1 < len(place.runs(Kind.SWEEP))


def test_a_sweep_that_is_not_whole_goes_on(place: Place) -> None:
    (sweep, *_) = place.runs(Kind.SWEEP)
    client = MlflowClient(place.uri)
    (run, *_) = [run for run in place.runs(Kind.RUN) if run.data.tags[Tags.PARENT] == sweep.info.run_id]
    client.delete_run(run.info.run_id)
    client.set_terminated(sweep.info.run_id, "FAILED")
    target = SweepTarget(place.uri, "", sweep.info.run_id, Dataset(), (), "", "")
    stopped = Sweep(OpenSweep(target, "", {}, 0, 0, "", "accuracy"), SweepRequest((), {}, "", ""))
    stopped._results.cleanup()
    resumed = place.paste(stopped.continuation.removeprefix("continue with: "))
    assert resumed.code == 0, resumed.err
    assert client.get_run(sweep.info.run_id).info.status == "FINISHED"


def test_a_run_in_the_ui_is_in_the_same_store(place: Place) -> None:
    (ui,) = re.findall(r"`(mlflow .*?)`", place.swept.out)
    assert shlex.split(ui) == ["mlflow", "ui", "--backend-store-uri", place.uri]


def test_what_is_missing_is_made_by_a_command_of_the_same_table_and_store(
    command: Any, new_store: Callable[[Path], str], tmp_path: Path
) -> None:
    uri = new_store(tmp_path / "a b")
    refused = command("compare", f'tracking.uri="{uri}"')
    (sweep,) = hints(refused.sentence)
    assert shlex.split(sweep) == ["python", "experiments/train.py", "-m", f'tracking.uri="{uri}"']
    assert command("train", *shlex.split(sweep)[2:], *GRID[1:]).code == 0
    assert command("compare", f'tracking.uri="{uri}"').code == 0


def test_what_is_missing_of_a_recorded_table_is_made_by_the_words_that_were_recorded(
    command: Any, store_uri: str, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "tests" / "cases" / "01-a,b.csv", tmp_path)
    store = f"tracking.uri={store_uri}"
    table = ("dataset=csv", 'dataset.path="01-a,b.csv"', "dataset.target=label", "dataset.holdout=0", "dataset.name=t")
    assert command("train", *table, "split.stratify=false", store, folder=tmp_path).code == 0
    refused = command("compare", "dataset.name=t", store)
    (sweep,) = hints(refused.sentence)
    python, script, *words = shlex.split(sweep)
    assert (python, script) == ("python", "experiments/train.py")
    swept = command("train", *words, *GRID[1:], "split.stratify=false")
    assert swept.code == 0, swept.err
    (experiment,) = [found for found in MlflowClient(store_uri).search_experiments() if found.name != "Default"]
    runs = MlflowClient(store_uri).search_runs([experiment.experiment_id])
    assert experiment.name == "t" and len({run.inputs.dataset_inputs[0].dataset.digest for run in runs}) == 1


@pytest.mark.parametrize("words", [["dataset.name=wine"], ["dataset=csv", "dataset.path=wine.csv"]])
def test_no_hint_sweeps_another_table(words: list[str], command: Any, store_uri: str) -> None:
    sentence = command("compare", *words, f"tracking.uri={store_uri}").sentence
    made = "train.py -m with the words for this table and store makes one."
    assert sentence == f"There is no finished sweep of wine in {store_uri}; {made}"


def test_an_accepted_command_names_its_table_and_store(place: Place) -> None:
    said = f"Table {NAME}, store {place.uri}."
    assert said in place.swept.err.splitlines()
    assert (
        place.command("promote", f'dataset.name="{NAME}"', f'tracking.uri="{place.uri}"', "history=true").err
        == f"{said}\n"
    )
