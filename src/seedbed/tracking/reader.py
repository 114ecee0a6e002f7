"""Reads runs back, and finds the one that a reference means."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from mlflow.entities import Run, ViewType

from seedbed.config.candidate import SPLIT_SEED, CellKey, ParamValue, format_param, parse_param
from seedbed.config.dataset import Dataset
from seedbed.config.naming import format_command, quote_override
from seedbed.config.schema import Train
from seedbed.config.validation import build_config
from seedbed.data.table import DatasetRecord
from seedbed.errors import BadInput, NotDone, UnknownName, clip, join_names
from seedbed.metrics.names import PROBABILITY, TIMINGS
from seedbed.records.records import Columns, RunRecord, split_columns
from seedbed.tracking.names import NAME_SEPARATOR, Kind, RunFiles, Tags
from seedbed.tracking.notices import say
from seedbed.tracking.store import Store, find_experiment, list_experiments, read_pages
from seedbed.tracking.uris import find_typed_uri, hint_at_training
from seedbed.tracking.writer import download, find_local_folder

_PAGE = 1000  # the most that MLflow gives at once
_LOOKED_AT = 10  # complete sweeps, for runs that they have lost
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A run as a search shows it, without its artifacts; `start` and `end` are milliseconds since 1970."""

    run_id: str
    experiment: str
    name: str
    status: str
    kind: str
    start: int
    end: int | None
    parent: str | None
    params: Mapping[str, ParamValue]  # typed by the schema alone
    metrics: Mapping[str, float]
    tags: Mapping[str, str]

    @property
    def candidate(self) -> str:
        """The id of its candidate, "" for a run that has none."""
        return self.tags.get(Tags.CANDIDATE, "")

    @property
    def cell(self) -> CellKey:
        """Its candidate and split seed."""
        return self.candidate, self.params.get(SPLIT_SEED)


def search_runs(
    store: Store,
    experiments: str | list[str],
    *,
    kind: Kind | None = None,
    parent: str | None = None,
    finished: bool | None = None,
    digest: str | None = None,
    tags: Mapping[str, str] | None = None,
    newest_first: bool = True,
    page: int = _PAGE,
) -> Iterator[Found]:
    """Return every run of a kind, below a parent, FINISHED or not, on a table, with tags, a page at a time."""
    own = {Tags.KIND: kind, Tags.PARENT: parent, **(tags or {})}
    conditions = [f"tags.`{tag}` = '{text}'" for tag, text in own.items() if text is not None]
    if finished is not None:
        conditions.append(f"attributes.status {'=' if finished else '!='} 'FINISHED'")
    if digest is not None:
        conditions.append(f"datasets.digest = '{digest}'")
    order = [f"attributes.start_time {'DESC' if newest_first else 'ASC'}"]
    experiments = [experiments] if isinstance(experiments, str) else experiments
    search = partial(store.client.search_runs, experiments, " and ".join(conditions), ViewType.ACTIVE_ONLY, page, order)
    return map(_read_found, read_pages(search))


def find_run(
    store: Store, dataset: str, reference: str, kind: Kind | None = Kind.RUN, *, anywhere: bool = False
) -> Found:
    """Return the run of a reference: an id, a unique beginning of one, a name, or `latest`; None for a kind is any.

    Parameters
    ----------
    anywhere : whether the run of an id may be of another table.

    Raises
    ------
    NotDone : there is none at all.
    BadInput : no such run, or more than one; it lists what there is.
    """
    what = "sweep" if kind is Kind.SWEEP else "run"
    experiment = find_experiment(store, dataset)
    if reference == "latest":
        newer = None
        for run in search_runs(store, experiment, kind=kind) if experiment else ():
            if run.status == "FINISHED":
                if newer and kind is Kind.SWEEP:
                    say(f"{_describe_unfinished(store, newer)}; here is the newest finished one.")
                return run
            newer = newer or run
        program = "train -m" if kind is Kind.SWEEP else "train"
        maker = hint_at_training(program, store.uri, dataset, _find_table(store, experiment))
        raise NotDone(f"There is no finished {what} of {dataset} in {store.label}; {maker} makes one.")
    try:
        return _pick([] if experiment is None else list(search_runs(store, experiment, kind=kind)), reference, what)
    except UnknownName:
        others = search_runs(store, list_experiments(store), kind=kind)
        found = [run for run in others if len(reference) >= 4 and run.run_id.startswith(reference)]
        if len(found) != 1:
            raise
        if anywhere:
            return found[0]
        table = store.client.get_experiment(found[0].experiment).name
        raise BadInput(
            f"The {what} {found[0].run_id[:8]} ({found[0].name}) is of the table {clip(table)}, not of {dataset}; name "
            f"its table: {quote_override('dataset.name', table)}"
        ) from None


def _find_table(store: Store, experiment: str | None) -> Dataset | None:
    """Return the table of an experiment's newest run, None if no run tells."""
    with suppress(NotDone):
        for run in search_runs(store, experiment, kind=Kind.RUN, page=1) if experiment else ():
            return load_config(store, run.run_id).dataset
    return None


def _describe_unfinished(store: Store, sweep: Found) -> str:
    resume = format_command("train -m", f"resume={sweep.run_id[:8]}", uri=find_typed_uri(store.uri))
    return f"The newer sweep {sweep.run_id[:8]} ({sweep.name}) is {sweep.status}, and `{resume}` completes it"


def get_run(store: Store, run_id: str) -> Found:
    """Return the run of an id."""
    return _read_found(store.client.get_run(run_id))


def find_incomplete_sweep(store: Store, reference: str) -> Found:
    """Return the sweep of a reference, in whichever experiment; `latest`: the newest incomplete one.

    NotDone if there is no sweep, or none with runs missing; BadInput, which lists what there is, as of `find_run`.
    """
    sweeps = list(search_runs(store, list_experiments(store), kind=Kind.SWEEP))
    if reference != "latest" and sweeps:
        return _pick(sweeps, reference, "sweep")
    for sweep in [*filter(is_incomplete, sweeps), *filter(partial(_has_lost_runs, store), sweeps[:_LOOKED_AT])]:
        return sweep
    what = "Every sweep is complete" if sweeps else "There is no sweep"
    raise NotDone(f"{what} in {store.label}; leave resume out to start a new one.")


def is_incomplete(sweep: Found) -> bool:
    """Say whether a sweep has cells that are not FINISHED."""
    return sweep.status != "FINISHED" or sweep.metrics.get("finished", 0) < sweep.metrics.get("runs", 0)


def _has_lost_runs(store: Store, sweep: Found) -> bool:
    """Say whether runs of a sweep were deleted in MLflow after it was complete."""
    finished = search_runs(store, sweep.experiment, kind=Kind.RUN, parent=sweep.run_id, finished=True)
    return len({run.cell for run in finished}) < sweep.metrics.get("runs", 0)


def find_duplicates(finished: Iterable[Found]) -> dict[str, str]:
    """Return, by id, the FINISHED runs whose cell another one finished before, each with that one's id."""
    first: dict[CellKey, str] = {}
    in_order = sorted(finished, key=lambda run: (run.end or math.inf, run.run_id))
    return {run.run_id: kept for run in in_order if (kept := first.setdefault(run.cell, run.run_id)) != run.run_id}


def drop_duplicates(finished: Iterable[Found]) -> list[Found]:
    """Return one FINISHED run a cell, as closing keeps it; earlier versions kept all."""
    runs = list(finished)
    duplicates = find_duplicates(runs)
    return [run for run in runs if run.run_id not in duplicates]


def find_newest_sweep(store: Store, dataset: str) -> Found | None:
    """Return the newest sweep of a dataset, whatever its status; None if there is none."""
    experiment = find_experiment(store, dataset)
    return None if experiment is None else next(search_runs(store, experiment, kind=Kind.SWEEP, page=1), None)


def _pick(runs: list[Found], reference: str, what: str) -> Found:
    title, *label = reference.split(NAME_SEPARATOR)
    reference = label[0] if label else title  # a sweep's id, of the name that MLflow's list shows
    exact = [run for run in runs if run.run_id == reference]
    begin = [run for run in runs if len(reference) >= 4 and run.run_id.startswith(reference)]
    named = [run for run in runs if run.name == reference]
    for group in (exact, begin, named):
        if len(group) == 1:
            return group[0]
    if several := begin or named:
        matches = join_names(f"{run.run_id[:8]} ({run.name})" for run in several)
        raise BadInput(f"{clip(reference)!r} is ambiguous: it matches the {what}s {matches}; type more of an id.")
    raise UnknownName(what, reference, [f"{run.run_id[:8]} ({run.name})" for run in runs])


def read_run(store: Store, run_id: str) -> RunRecord:
    """Return the record of a FINISHED run, equal to the one that was written; NotDone if its artifacts are gone."""
    run = store.client.get_run(run_id)
    folder = fetch_artifacts(store, run)
    try:
        files = {name: (folder / name).read_bytes() for name in _RUN_ARTIFACTS}
    except FileNotFoundError as error:
        raise NotDone(f"Run {run_id} has lost its file {Path(error.filename).name} in {folder}.") from None
    metrics = dict(run.data.metrics)
    tags = run.data.tags
    return RunRecord(
        name=run.info.run_name,
        params=_read_params(run, files[RunFiles.CONFIG]),
        timings={name: metrics.pop(name) for name in TIMINGS if name in metrics},
        metrics=metrics,
        columns=read_predictions(folder / RunFiles.PREDICTIONS),
        report=json.loads(files[RunFiles.REPORT]),
        config=files[RunFiles.CONFIG].decode(),
        figure=files[RunFiles.FIGURE],
        dataset=read_dataset(run),
        candidate=tags.get(Tags.CANDIDATE, ""),
        fingerprint=tags.get(Tags.FINGERPRINT, ""),
    )


def _read_params(run: Run, config: bytes) -> dict[str, ParamValue]:
    """Return a run's params as its config.yaml types them, by their text if that differs."""
    try:
        groups = yaml.load(config, _Loader)
    except yaml.YAMLError:
        groups = None  # config_of says of which run it is
    groups = groups if isinstance(groups, dict) else {}
    typed = {
        f"{group}.{key}": value
        for group, values in groups.items()
        if isinstance(values, dict)
        for key, value in values.items()
    }
    return {
        key: typed[key] if key in typed and format_param(typed[key], key) == text else parse_param(key, text)
        for key, text in run.data.params.items()
    }


_RUN_ARTIFACTS = (RunFiles.FIGURE, RunFiles.REPORT, RunFiles.PREDICTIONS, RunFiles.CONFIG)


def load_config(store: Store, run_id: str) -> Train:
    """Return the config of a recorded run; NotDone if its config.yaml is gone, or of another version of Seedbed."""
    file = fetch_artifact(store, run_id, RunFiles.CONFIG)
    if file is None:
        raise NotDone(f"Run {run_id} has lost its file {RunFiles.CONFIG}.")
    try:
        config: Train = build_config(Train, yaml.load(file.read_bytes(), _Loader), whole=True)
        # What was left out, and nothing else, stands there.
        config = replace(config, dataset=replace(config.dataset, omit="listed"))
    except (BadInput, TypeError, yaml.YAMLError) as error:
        what = clip(error).rstrip(".")
        raise NotDone(f"The {RunFiles.CONFIG} of run {run_id[:8]} is of another version of Seedbed: {what}.") from None
    return config


def read_predictions(file: Path) -> Columns:
    """Return predictions.csv by column, as it was written: class names as text, every digit of the probabilities."""
    header = list(pd.read_csv(file, nrows=0).columns)
    types: dict[str, Any] = {name: float if name.startswith(PROBABILITY) else str for name in header} | {"row": int}
    undefined = {name: ["nan"] for name in header if name.startswith(PROBABILITY)}  # a class may have that name
    return split_columns(pd.read_csv(file, dtype=types, keep_default_na=False, na_values=undefined))


def fetch_artifacts(store: Store, run: Run) -> Path:
    """Return a local folder with a run's artifacts, downloaded if need be."""
    return find_local_folder(run.info.artifact_uri) or download(store, run.info.artifact_uri)


def fetch_artifact(store: Store, run_id: str, name: str) -> Path | None:
    """Return one artifact of a run as a local file, None if it is not there."""
    uri = store.client.get_run(run_id).info.artifact_uri
    if (folder := find_local_folder(uri)) is not None:
        return folder / name if (folder / name).is_file() else None
    there = name in {file.path for file in store.client.list_artifacts(run_id)}
    return download(store, f"{uri}/{name}") if there else None


def read_dataset(run: Run) -> DatasetRecord:
    """Return the table that a run read."""
    if run.inputs is None or not run.inputs.dataset_inputs:
        raise NotDone(f"Run {run.info.run_id} does not say which table it read.")
    dataset = run.inputs.dataset_inputs[0].dataset
    columns = json.loads(dataset.schema or "{}").get("mlflow_colspec", [])
    return DatasetRecord(
        name=dataset.name,
        digest=dataset.digest,
        source=next(iter(json.loads(dataset.source).values())),
        columns={column["name"]: column["type"] for column in columns},
    )


def _read_found(run: Run) -> Found:
    tags = run.data.tags
    return Found(
        run_id=run.info.run_id,
        experiment=run.info.experiment_id,
        name=run.info.run_name.partition(NAME_SEPARATOR)[0] if tags.get(Tags.KIND) == Kind.SWEEP else run.info.run_name,
        status=run.info.status,
        kind=tags.get(Tags.KIND, ""),
        start=run.info.start_time,
        end=run.info.end_time,
        parent=tags.get(Tags.PARENT),
        params={key: parse_param(key, text) for key, text in run.data.params.items()},
        metrics=run.data.metrics,
        tags=tags,
    )
