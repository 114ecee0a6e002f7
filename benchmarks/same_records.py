"""Whether a rival's runs leave what Seedbed's do: only then may their times be compared."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from stores import DATASET, Place

from seedbed.tracking.names import Tags

TIMINGS = ("fit_seconds", "predict_seconds")
TOLERANCE = 1e-12
MOST = 12  # runs of a rival that are compared, spread over its sweep
FIGURE, REPORT, PREDICTIONS, CONFIG = (
    "confusion_matrix.png",
    "classification_report.json",
    "predictions.csv",
    "config.yaml",
)
SMALLEST = 300  # pixels of a figure's width and height


def differences(name: str, theirs: Place, mine: Place) -> list[str]:
    """Say in words where a rival's runs leave other records than Seedbed's runs of the same cells."""
    own, others = runs_of(mine), runs_of(theirs)
    missing = sorted(set(others) - set(own))
    if not others or missing:
        return [f"{name} has runs that Seedbed has not: {missing}" if others else f"{name} has no complete run"]
    chosen = sorted(others)[:: math.ceil(len(others) / MOST)]
    return [f"{name}, run {cell}: {line}" for cell in chosen for line in of_run(others[cell], own[cell])]


def runs_of(place: Place) -> dict[tuple[int, int], Any]:
    """Return the FINISHED runs of a store by n_neighbors and seed."""
    from mlflow import MlflowClient

    client = MlflowClient(place.uri, place.uri)
    experiment = client.get_experiment_by_name(DATASET.name)
    runs, token = [], None
    while token != "":
        page = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'", page_token=token)
        runs += [Recorded(client, run) for run in page if "estimator.n_neighbors" in run.data.params]
        token = page.token or ""
    return {run.cell: run for run in runs}


class Recorded:
    """A run as MLflow gives it back."""

    def __init__(self, client: Any, run: Any) -> None:
        self.client, self.run = client, run
        self.params = texts(run.data.params)
        self.metrics = dict(run.data.metrics)
        self.tags = dict(run.data.tags)
        self.folder = Path(run.info.artifact_uri.removeprefix("file://"))

    @property
    def cell(self) -> tuple[int, int]:
        """Which run of the sweep it is."""
        return self.params["estimator.n_neighbors"], self.params["split.seed"]

    @property
    def predictions(self) -> pd.DataFrame:
        """The table of test predictions."""
        return pd.read_csv(self.folder / PREDICTIONS, float_precision="round_trip")

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """The report's lines of the classes, under scikit-learn's names or shorter ones."""
        report = json.loads((self.folder / REPORT).read_text(encoding="utf-8"))
        lines = report.get("classes", report)
        classes = [name.partition("/")[2] for name in self.metrics if name.startswith("recall/")]
        return {
            name: {key.removesuffix("-score"): value for key, value in lines[name].items()} for name in sorted(classes)
        }

    @cached_property
    def model(self) -> Any:
        """The logged model, without its files."""
        return self.client.get_logged_model(self.run.outputs.model_outputs[0].model_id)

    def predict(self, features: pd.DataFrame) -> list[str]:
        """Load the logged model in MLflow's own way and let it predict."""
        import mlflow

        return list(map(str, mlflow.pyfunc.load_model(self.model.artifact_location).predict(features)))


def texts(params: Mapping[str, str]) -> dict[str, Any]:
    """Return params as the values that their texts stand for."""
    return {key: yaml.safe_load(value) for key, value in params.items()}


def of_run(theirs: Recorded, mine: Recorded) -> Iterator[str]:
    """Yield a sentence for each part in which one run differs from another."""
    yield from of_numbers("param", theirs.params, mine.params)
    yield from of_numbers(
        "metric", *({k: v for k, v in one.metrics.items() if k not in TIMINGS} for one in (theirs, mine))
    )
    yield from (f"no {key}" for key in TIMINGS if not theirs.metrics.get(key, 0) > 0)
    yield from of_tags(theirs.tags, mine.tags)
    yield from of_files(theirs.folder)
    yield from of_predictions(theirs.predictions, mine.predictions)
    if theirs.scores.keys() != mine.scores.keys():
        yield "the report has other classes"
    for name, line in theirs.scores.items():
        yield from of_numbers(f"report of {name}:", line, mine.scores.get(name, {}))
    inputs = theirs.run.inputs.dataset_inputs
    if [item.dataset.name for item in inputs] != [DATASET.name]:
        yield "the table that it read is not noted"
    yield from of_model(theirs, mine)


def of_numbers(what: str, theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> Iterator[str]:
    """Compare two flat records: the same keys, equal texts, numbers to the tolerance."""
    for key in sorted({*theirs, *mine}):
        if key not in theirs or key not in mine:
            yield f"{what} {key} is only on one side"
        elif not same(theirs[key], mine[key]):
            yield f"{what} {key} is {theirs[key]} and {mine[key]}"


def same(one: Any, other: Any) -> bool:
    """Say whether two values are equal, numbers to the tolerance, NaN and an undefined score to themselves."""
    if one is None or other is None or isinstance(one, str):
        return one == other
    return bool(np.isclose(one, other, rtol=0, atol=TOLERANCE, equal_nan=True))


def of_tags(theirs: Mapping[str, str], mine: Mapping[str, str]) -> Iterator[str]:
    """Look for the tags that a run of Seedbed's has; what stands for a candidate need not be the same digits."""
    for key in mine.keys() & set(Tags) - {Tags.PARENT}:  # the sweep's run, another one in each store
        told, value = theirs.get(key, ""), mine[key]
        same_kind = len(told) == len(value) if key in (Tags.CANDIDATE, Tags.FINGERPRINT) else told == value
        if not same_kind:
            yield f"the tag {key} is {told!r} and {value!r}"


def of_files(folder: Path) -> Iterator[str]:
    """Look at the figure and the config."""
    from PIL import Image

    with Image.open(folder / FIGURE) as figure:
        if figure.format != "PNG" or min(figure.size) < SMALLEST:
            yield f"{FIGURE} is no picture of a size to be read"
    config = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
    if "n_neighbors" not in config.get("estimator", {}) or "seed" not in config.get("split", {}):
        yield f"{CONFIG} does not say what was run"


def of_predictions(theirs: pd.DataFrame, mine: pd.DataFrame) -> Iterator[str]:
    """Compare two tables of predictions, whatever the order of their rows."""
    one, other = (frame.sort_values("row", ignore_index=True) for frame in (theirs, mine))
    try:
        pd.testing.assert_frame_equal(one, other, rtol=0, atol=TOLERANCE)
    except AssertionError as error:
        yield f"the predictions differ: {str(error).splitlines()[0]}"


def of_model(theirs: Recorded, mine: Recorded) -> Iterator[str]:
    """Load both models and compare what they say of the test rows."""
    from stores import table

    if len(theirs.run.outputs.model_outputs) != 1:
        yield "it has not one logged model"
        return
    # MLflow's own log_model gives a model its run's params.
    yield from of_numbers("the model's param", *(texts(one.model.params) for one in (theirs, mine)))
    predictions = mine.predictions
    features = table().features.iloc[predictions["row"]]
    if not theirs.predict(features) == mine.predict(features) == list(predictions["prediction"]):
        yield "the loaded model predicts something else"
