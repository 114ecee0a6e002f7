"""Writes runs: the one module that knows in which MLflow calls a record is kept.

Every call names its run by id through the client, so that an active run or MLFLOW_RUN_ID changes nothing.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.artifacts import download_artifacts
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from seedbed.config.candidate import FAMILY, ParamValue, format_param, format_params
from seedbed.data.table import DatasetRecord
from seedbed.errors import hide_secrets
from seedbed.estimators.answers import list_steps
from seedbed.records.records import RunRecord
from seedbed.tracking.model_files import ModelFolders
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.provenance import Provenance
from seedbed.tracking.store import Store

_MODEL_NAME = "model"
_LONGEST_TAG = 5000
_MOST_METRICS = 1000  # that MLflow takes in one call


@dataclass(frozen=True)
class RunWriter:
    """Writes the runs of one experiment and table."""

    store: Store
    experiment_id: str
    provenance: Provenance
    dataset: DatasetRecord
    parent: str | None = None  # the sweep's run, None outside a sweep
    _artifact_uris: dict[str, str] = field(default_factory=dict)  # of runs that were just opened

    def start(self, name: str, tags: Mapping[str, str], kind: Kind = Kind.RUN) -> str:
        """Open a run and return its id."""
        parent = {} if self.parent is None else {str(Tags.PARENT): self.parent}
        run = self.store.client.create_run(
            self.experiment_id,
            start_time=_now(),
            run_name=name,
            tags={str(Tags.KIND): str(kind), **self.provenance.tags, **parent, **tags},
        )
        self._artifact_uris[str(run.info.run_id)] = str(run.info.artifact_uri)
        return str(run.info.run_id)

    @contextmanager
    def open_run(self, name: str, tags: Mapping[str, str], kind: Kind) -> Iterator[str]:
        """Open a run, yield its id, and close it: as FINISHED, or as FAILED with the error that left the block."""
        run_id = self.start(name, tags, kind)
        try:
            yield run_id
        except BaseException as error:
            self.fail(run_id, error)
            raise
        self.end(run_id, "FINISHED")

    def finish(self, run_id: str, record: RunRecord, estimator: Any, folders: ModelFolders | None) -> None:
        """Write everything that a run leaves, its model only into `folders`, and close it as FINISHED."""
        values = {**record.metrics, **record.timings}
        # An infinite value would come back as the largest float; MLflow keeps NaN as it is.
        metrics = [Metric(name, value, _now(), 0) for name, value in values.items() if not math.isinf(value)]
        log_batch(self.store, run_id, metrics=metrics, params=_make_params(record.params))
        self.log_input(run_id)
        with self.files(run_id) as folder:
            write_files(folder, record)
        if folders is not None:
            alike = _find_alike(record, estimator)
            self.log_model(run_id, record.params, lambda to, id: folders.write(estimator, to, run_id, id, alike))
        self.end(run_id, "FINISHED")

    def fail(
        self, run_id: str, error: BaseException, status: str = "FAILED", params: Mapping[str, ParamValue] | None = None
    ) -> None:
        """Close a run with the error that ended it, and the params that it never came to log."""
        text = hide_secrets(f"{type(error).__name__}: {error}")[:_LONGEST_TAG]
        log_batch(self.store, run_id, params=_make_params(params or {}), tags=[RunTag(str(Tags.ERROR), text)])
        self.end(run_id, status)

    def end(self, run_id: str, status: str) -> None:
        """Close a run with a status of MLflow's."""
        self.store.client.set_terminated(run_id, status, end_time=_now())

    def update(self, run_id: str, status: str, name: str | None = None) -> None:
        """Give a run another status, and a name if there is one; the time of its end stays."""
        self.store.client.update_run(run_id, status=status, name=name)

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run in one call."""
        tag_run(self.store, run_id, tags)

    def log_metrics(
        self,
        run_id: str,
        metrics: Mapping[str, float | Mapping[int, float]],
        params: Mapping[str, ParamValue] | None = None,
    ) -> None:
        """Log finite metrics, one value each or one a step (an integer), and params, of a run that is not a cell."""
        by_step = {name: value if isinstance(value, Mapping) else {0: value} for name, value in metrics.items()}
        pairs = ((name, *item) for name, values in by_step.items() for item in values.items())
        logged = [Metric(name, value, _now(), step) for name, step, value in pairs if math.isfinite(value)]
        log_batch(self.store, run_id, metrics=logged[:_MOST_METRICS], params=_make_params(params or {}))
        for start in range(_MOST_METRICS, len(logged), _MOST_METRICS):
            log_batch(self.store, run_id, metrics=logged[start : start + _MOST_METRICS])

    def log_input(self, run_id: str) -> None:
        """Record which table a run read."""
        try:
            self.store.client.log_inputs(run_id, [self._input])
        except MlflowException:
            # Of two processes that record a table for the first time at once, MLflow refuses one; now it is known.
            self.store.client.log_inputs(run_id, [self._input])

    def files(self, run_id: str) -> AbstractContextManager[Path]:
        """Open a folder; what is in it at the end becomes the run's artifacts."""
        uri = self._artifact_uris.pop(run_id, None) or str(self.store.client.get_run(run_id).info.artifact_uri)
        return _open_folder(uri, lambda folder: self.store.client.log_artifacts(run_id, folder))

    def log_model(self, run_id: str, params: Mapping[str, ParamValue], fill: Callable[[Path, str], None]) -> str:
        """Keep what `fill` writes, given an empty folder and the id, as a run's logged model, and return that id."""
        client = self.store.client
        logged = client.create_logged_model(
            self.experiment_id, name=_MODEL_NAME, source_run_id=run_id, params=format_params(params)
        )
        model_id = str(logged.model_id)
        with _open_folder(logged.artifact_location, lambda at: client.log_model_artifacts(model_id, at)) as folder:
            fill(folder, model_id)
        client.finalize_logged_model(model_id, "READY")
        client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
        return model_id

    @cached_property
    def _input(self) -> DatasetInput:
        record, remote = self.dataset, self.dataset.source.startswith(("http://", "https://"))
        columns = [{"type": kind, "name": name, "required": True} for name, kind in record.columns.items()]
        source, schema = json.dumps({"url" if remote else "uri": record.source}), {"mlflow_colspec": columns}
        dataset = Dataset(record.name, record.digest, "http" if remote else "local", source, json.dumps(schema))
        return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def tag_run(store: Store, run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags of a run in one call."""
    log_batch(store, run_id, tags=[RunTag(*item) for item in tags.items()])


def log_batch(store: Store, run_id: str, **content: Sequence[Any]) -> None:
    """Log params, metrics or tags at once, also if MLFLOW_ENABLE_ASYNC_LOGGING would have them logged some time."""
    store.client.log_batch(run_id, **content, synchronous=True)


@contextmanager
def _open_folder(uri: str, upload: Callable[[str], None]) -> Iterator[Path]:
    """Yield the folder of an artifact URI, or one whose content is uploaded at the end."""
    if (local := find_local_folder(uri)) is not None:
        local.mkdir(parents=True, exist_ok=True)
        yield local
        return
    with tempfile.TemporaryDirectory() as elsewhere:
        yield Path(elsewhere)
        upload(elsewhere)


def write_files(folder: Path, record: RunRecord) -> None:
    """Write a record's artifacts into a folder."""
    if record.figure:
        (folder / RunFiles.FIGURE).write_bytes(record.figure)
    # A line a key: json's own indentation is not done in C.
    report = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record.report.items())
    (folder / RunFiles.REPORT).write_text("{\n" + ",\n".join(report) + "\n}\n", encoding="utf-8")
    (folder / RunFiles.CONFIG).write_text(record.config, encoding="utf-8")
    # pandas writes the same, and takes five times as long over a few rows.
    with open(folder / RunFiles.PREDICTIONS, "w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(record.columns)
        lines.writerows(zip(*(column.tolist() for column in record.columns.values()), strict=True))


def fetch_model(store: Store, run_id: str) -> Path | None:
    """Return a local folder with a run's logged model, downloaded if need be; None if it has none any more."""
    run = store.client.get_run(run_id)
    if run.outputs is None or not run.outputs.model_outputs or Tags.PRUNED in run.data.tags:
        return None
    try:
        logged = store.client.get_logged_model(run.outputs.model_outputs[0].model_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    local = find_local_folder(logged.artifact_location)
    if local is not None:
        return local if local.is_dir() else None
    return download(store, logged.artifact_location)


def download(store: Store, uri: str) -> Path:
    """Return a copy of an artifact or of a folder of them, which is removed as this process ends."""
    folder = tempfile.mkdtemp(prefix="seedbed-")
    Finalize(None, shutil.rmtree, (folder, True), exitpriority=0)  # also in a process that was forked
    return Path(download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=store.uri))


def find_local_folder(uri: str) -> Path | None:
    """Return the folder of a local artifact URI; writing there at once saves MLflow's copying."""
    if uri.startswith("file:"):
        return Path(url2pathname(urlsplit(uri).path))
    return Path(uri) if "://" not in uri and not uri.startswith("mlflow-artifacts:") else None


def _find_alike(record: RunRecord, estimator: Any) -> tuple[Any, ...]:
    """Return what is equal for models of the same types: of a KNN all, since scikit-learn chooses its algorithm."""
    params = {key: value for key, value in record.params.items() if key.startswith(("preprocess.", "estimator."))}
    if params.get(FAMILY) == "knn" or "estimator._target_" in params:
        return record.candidate, record.metrics.get("n_train")
    own = tuple((key, value) for key, value in params.items() if not isinstance(value, int | float))
    return type(list_steps(estimator)[-1]), own  # with one training row of a class nothing is calibrated


def _make_params(params: Mapping[str, ParamValue]) -> list[Param]:
    return [Param(key, format_param(value, key)) for key, value in params.items()]


def _now() -> int:
    return time.time_ns() // 1_000_000
