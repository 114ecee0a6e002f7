"""The least that the same records cost: a plain loop of public MLflow client calls, without Hydra, tuned by hand.

One process imports and prepares everything, then forks the workers. A figure is drawn over a kept background, and one
that was drawn before is taken again; the model's files but the estimator are those of one folder that MLflow wrote;
files go straight into the artifact folders; the store is SQLite in WAL mode. It checks nothing, resumes nothing, and
knows this one table.
"""

import argparse
import gc
import json
import multiprocessing
import os
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import mlflow.sklearn
import numpy as np
import pandas as pd
import skops.io
from floor_parts import HeatMap, config_of, scores_of
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.models import Model, infer_signature
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sqlalchemy import Engine, TextClause, event
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import ORMExecuteState, Session
from tags import code, tags_of
from threadpoolctl import threadpool_limits

REQUIREMENTS = [f"{name}=={version(name)}" for name in ("mlflow", "numpy", "pandas", "scikit-learn", "skops")]
# What MLflow says at the beginning of each session: a connection keeps it, and the patience is set once and for all.
# Of each family its class, and its params with the one that is swept left open.
FAMILIES = {
    "knn": (
        KNeighborsClassifier,
        "n_neighbors",
        {"weights": "uniform", "metric": "minkowski", "p": 2, "algorithm": "auto"},
    ),
    "logistic": (LogisticRegression, "C", {"max_iter": 1000}),
    "forest": (RandomForestClassifier, "min_samples_leaf", {"n_estimators": 100}),
}
SAID = {"PRAGMA foreign_keys = ON;", "PRAGMA case_sensitive_like = true;", "PRAGMA busy_timeout = 20000;"}
RUN, MODEL, UUID = "run-of-the-first", "model-of-the-first", "uuid-of-the-first"


@event.listens_for(Engine, "connect")
def set_up(connection, _) -> None:
    """Let a writer wait for another one, and commits need no waiting for the disk."""
    connection.execute("pragma busy_timeout = 60000")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma case_sensitive_like = on")


@event.listens_for(Session, "do_orm_execute")
def tell_no_more(state: ORMExecuteState) -> IteratorResult | None:
    """Answer what a connection was told at its beginning."""
    if isinstance(state.statement, TextClause) and state.statement.text in SAID:
        return IteratorResult(SimpleResultMetaData([]), iter(()))
    return None


class Worker:
    """What one process keeps from run to run. All of it is made before the workers are forked but the client."""

    def __init__(self, table: pd.DataFrame, digest: str, source: str, family: str) -> None:
        self.family = family
        self.rows = table.index.to_numpy()
        self.labels = table.pop("variety").to_numpy(dtype=object)
        self.features, self.digest = table, digest
        self.classes = sorted(set(self.labels))
        self.codes = np.searchsorted(self.classes, self.labels)
        self.splits: dict[int, tuple] = {}
        self.figure = HeatMap(self.classes)
        columns = [{"type": "double", "name": name, "required": True} for name in table.columns]
        columns.append({"type": "string", "name": "variety", "required": True})
        schema = json.dumps({"mlflow_colspec": columns})
        dataset = Dataset("iris", digest, "local", json.dumps({"uri": source}), schema=schema)
        self.inputs = [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])]
        self.files = self.model_files()
        code()

    def model_files(self) -> dict[str, bytes]:
        """Let MLflow write one folder and return its files but the estimator's."""
        example = self.features.head(2)
        model = FAMILIES[self.family][0]().fit(self.features, self.labels)
        trusted = sorted(skops.io.get_untrusted_types(data=skops.io.dumps(model)))
        with tempfile.TemporaryDirectory() as place:
            mlflow.sklearn.save_model(
                model,
                place,
                mlflow_model=Model(run_id=RUN, model_id=MODEL, model_uuid=UUID),
                signature=infer_signature(example, model.predict(example)),
                input_example=example,
                pip_requirements=REQUIREMENTS,
                skops_trusted_types=trusted,
            )
            return {file.name: file.read_bytes() for file in Path(place).iterdir() if file.name != "model.skops"}

    def split(self, seed: int) -> tuple:
        """Return training rows, test rows and the frames of both."""
        if seed not in self.splits:
            rows = np.arange(len(self.labels))
            train, test = train_test_split(rows, test_size=0.2, random_state=seed, stratify=self.labels)
            self.splits[seed] = train, test, self.features.iloc[train], self.features.iloc[test]
        return self.splits[seed]

    def params(self, value: float, seed: int) -> dict[str, str]:
        """Return what was chosen."""
        dataset = {"target": "variety", "holdout": "0.2", "holdout_seed": "0", "digest": self.digest}
        _, swept, fixed = FAMILIES[self.family]
        settings = {"name": self.family, swept: str(value), **{name: str(own) for name, own in fixed.items()}}
        split = {"name": "random", "seed": str(seed), "test_size": "0.2", "stratify": "true"}
        groups = {"dataset": dataset, "preprocess": {"name": "none"}, "estimator": settings, "split": split}
        return {f"{group}.{key}": value for group, content in groups.items() for key, value in content.items()}

    def run(self, client: MlflowClient, experiment: str, parent: str, value: float, seed: int) -> None:
        """Do one run and record it."""
        params = self.params(value, seed)
        made, swept, fixed = FAMILIES[self.family]
        name = f"{swept}={value} seed={seed}"
        run = client.create_run(experiment, now(), {"mlflow.parentRunId": parent, **tags_of(params)}, name).info
        train, test, x_train, x_test = self.split(seed)
        model = made(**{swept: value, **fixed})
        if self.family != "knn":
            model.set_params(random_state=seed)
        began = time.perf_counter()
        model.fit(x_train, self.labels[train])
        fitted = time.perf_counter()
        probabilities = model.predict_proba(x_test)
        predicted = probabilities.argmax(axis=1)  # of these families the same as model.predict
        seconds = {"fit_seconds": fitted - began, "predict_seconds": time.perf_counter() - fitted}
        right = float(np.mean(model.predict_proba(x_train).argmax(axis=1) == self.codes[train]))
        counts = np.bincount(self.codes[test] * 3 + predicted, minlength=9).reshape(3, 3)
        scores, report = scores_of(counts, self.classes, probabilities[np.arange(len(test)), self.codes[test]])
        scores |= {"train_accuracy": right, "n_train": len(train), "n_test": len(test), **seconds}
        stamp = now()
        metrics = [Metric(key, value, stamp, 0) for key, value in scores.items()]
        client.log_batch(run.run_id, metrics, [Param(*item) for item in params.items()])
        try:
            client.log_inputs(run.run_id, self.inputs)
        except MlflowException:  # the other process noted the same new table at the same moment
            client.log_inputs(run.run_id, self.inputs)
        folder = Path(run.artifact_uri.removeprefix("file://"))
        folder.mkdir(parents=True)
        (folder / "confusion_matrix.png").write_bytes(self.figure.png(counts))
        (folder / "classification_report.json").write_text(json.dumps(report))
        (folder / "config.yaml").write_text(config_of(params))
        (folder / "predictions.csv").write_text(self.table_of(test, predicted, probabilities))
        logged = client.create_logged_model(experiment, "model", run.run_id, params=params)
        self.write_model(model, Path(logged.artifact_location.removeprefix("file://")), run.run_id, logged.model_id)
        client.finalize_logged_model(logged.model_id, "READY")
        client.log_outputs(run.run_id, [LoggedModelOutput(logged.model_id, 0)])
        client.set_terminated(run.run_id, "FINISHED", now())

    def table_of(self, test: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray) -> str:
        """Return the predictions as CSV."""
        head = ",".join(["row,truth,prediction", *(f"probability/{name}" for name in self.classes)])
        cells = zip(self.rows[test], self.labels[test], predicted, probabilities.tolist(), strict=True)
        lines = (f"{row},{truth},{self.classes[code]},{','.join(map(repr, p))}" for row, truth, code, p in cells)
        return "\n".join([head, *lines, ""])

    def write_model(self, model: KNeighborsClassifier, folder: Path, run_id: str, model_id: str) -> None:
        """Write a model folder: the first one's files and this estimator."""
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            if name == "MLmodel":
                content = content.replace(RUN.encode(), run_id.encode()).replace(MODEL.encode(), model_id.encode())
                content = content.replace(UUID.encode(), uuid4().hex.encode())
            (folder / name).write_bytes(content)
        (folder / "model.skops").write_bytes(skops.io.dumps(model))


def now() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def work(worker: Worker, options: argparse.Namespace, place: tuple[str, str], taken) -> None:
    """Do runs until none is left; `taken` counts them for all workers."""
    threadpool_limits(1)
    gc.freeze()  # what was imported is not looked through again at every collection
    client = MlflowClient(options.uri, options.uri)
    values: list = [10 ** (power / 4) for power in range(-8, options.candidates - 8)]
    if options.family != "logistic":
        values = list(range(1, options.candidates + 1))
    cells = [(value, seed) for value in values for seed in range(options.seeds)]
    while True:
        with taken.get_lock():
            number = taken.value
            taken.value += 1
        if number >= len(cells):
            return
        worker.run(client, *place, *cells[number])


def begin(uri: str, artifacts: str) -> tuple[str, str]:
    """Make the experiment and the parent run."""
    client = MlflowClient(uri, uri)
    experiment = client.create_experiment("iris", artifact_location=artifacts)
    return experiment, client.create_run(experiment, now(), run_name="floor").info.run_id


def end(uri: str, parent: str) -> None:
    """Close the parent run."""
    MlflowClient(uri, uri).set_terminated(parent, "FINISHED", now())


def main() -> None:
    """Prepare, fork, wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--digest", required=True)
    parser.add_argument("--family", choices=FAMILIES, default="knn")
    parser.add_argument("--candidates", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    worker = Worker(pd.read_csv(options.table, index_col="row"), options.digest, options.table, options.family)
    context = multiprocessing.get_context("fork")  # this process opens no connection, which a fork would share
    artifacts = (Path(options.uri.removeprefix("sqlite:///")).parent / "artifacts").as_uri()
    with context.Pool(1) as pool:
        place = pool.apply(begin, (options.uri, artifacts))
        taken = context.Value("i", 0)
        workers = [context.Process(target=work, args=(worker, options, place, taken)) for _ in range(options.workers)]
        for process in workers:
            process.start()
        for process in workers:
            process.join()
        pool.apply(end, (options.uri, place[1]))
    raise SystemExit(max(process.exitcode for process in workers))


if __name__ == "__main__":
    main()
