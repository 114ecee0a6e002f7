"""A recorded run done again: which numbers differ, and what else did since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.config.candidate import compute_fingerprint
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Train
from seedbed.data.readers import clean_source
from seedbed.data.table import Table, build_table, load_table
from seedbed.errors import BadInput, TableGone, clip
from seedbed.execution.run import compute, predict, prepare
from seedbed.records.records import Columns, RunRecord, name_probabilities
from seedbed.reports.figures import ConfusionFigure
from seedbed.tracking import model_files
from seedbed.tracking.names import RunFiles, Tags
from seedbed.tracking.provenance import NO_GIT, compute_code_digest, read_provenance
from seedbed.tracking.reader import Found, fetch_artifact, get_run, load_config, read_run
from seedbed.tracking.store import Store
from seedbed.tracking.table_copies import find_copy, restore_address
from seedbed.tracking.writer import fetch_model


@dataclass(frozen=True)
class Reproduction:
    """A run that was done again, and what was compared, in words."""

    differences: tuple[str, ...]  # in numbers, each as recorded and as it is now; empty if the run is identical
    changes: tuple[str, ...]  # what else is not as it was: table, code, versions, drawing, a model that is gone
    compared: str = "nothing"


def reproduce_run(store: Store, run: Found, typed: Dataset) -> Reproduction:
    """Do a FINISHED run again in this environment, by its config and on its table, and record nothing.

    Parameters
    ----------
    typed : gives the table's address again, if that was recorded without its secrets.

    Raises
    ------
    NotDone : files of the run are gone, its config is of another version of Seedbed, or fitting fails now.
    """
    recorded = read_run(store, run.run_id)
    config = load_config(store, run.run_id)
    config = replace(config, dataset=restore_address(config.dataset, typed))
    folder = fetch_model(store, run.run_id)
    since = [_compare_code(store, run), _compare_versions(recorded, folder)]
    table, change = _find_table(store, run.experiment, config, recorded.dataset.digest)
    if table is None:
        return Reproduction((change,), tuple(filter(None, since)))
    again, estimator = compute(prepare(config, table, run.name), table, ConfusionFigure(table.classes))
    differences = _compare_numbers(recorded, again)
    compared = f"{len(recorded.metrics)} metrics, {len(recorded.predictions)} predictions"
    changes = [
        change,
        *since,
        "" if again.figure == recorded.figure else "The confusion matrix is drawn differently now.",
    ]
    if folder is None:
        when = run.tags.get(Tags.PRUNED)
        how = f" (removed by prune on {when[:10]})" if when else ", or was not kept"
        changes.append(f"Its model is gone{how}, so only metrics and predictions were compared.")
    else:
        compared += f", the model's answers to {len(table.labels)} rows"
        differences += _compare_answers(recorded, folder, estimator, table, config.trust)
    return Reproduction(tuple(differences), tuple(filter(None, changes)), compared)


def _find_table(store: Store, experiment: str, config: Train, digest: str) -> tuple[Table | None, str]:
    """Return the table as the run read it, None if it cannot be had, and what became of its file since."""
    name = f"The table {clip(clean_source(config.dataset.path or ''))}"
    try:
        table = load_table(config.dataset)
    except TableGone as error:
        change = f"{name} is gone{f' or out of reach ({error.why})' if error.why else ''}"
    except BadInput as error:
        change = f"{name} has changed and cannot be read any more ({clip(error).rstrip('.')})"
    else:
        if table.record.digest == digest:
            return table, ""
        change = f"{name} has changed (digest {digest[:8]}, now {table.record.digest[:8]})"
    text = find_copy(store, experiment, digest)
    if text is None:
        return None, f"{change}, and no copy of it was kept, so there is nothing to compare with."
    copy = build_table(text, config.dataset)
    if copy.record.digest != digest:
        return None, f"{change}, and the copy kept of it was changed too (digest {copy.record.digest[:8]})."
    return copy, f"{change}; compared on the copy that was kept of it."


def _compare_numbers(recorded: RunRecord, again: RunRecord) -> list[str]:
    """Say which numbers differ; what a later version logs besides, and how it writes and draws, is left out."""
    groups = ("params", "metrics", "report")
    aligned: dict[str, Any] = {name: _select(getattr(recorded, name), getattr(again, name)) for name in groups}
    return recorded.differences(replace(recorded, columns=again.columns, **aligned))


def _select(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was recorded as it is now."""
    found = {key: (recorded[key], value) for key, value in again.items() if key in recorded}
    return {
        key: _select(*pair) if all(isinstance(value, Mapping) for value in pair) else pair[1]
        for key, pair in found.items()
    }


def _compare_answers(
    recorded: RunRecord, folder: Path, estimator: Any, table: Table, trust: Collection[str]
) -> list[str]:
    """Say how the recorded model and the refitted one answer differently to the table's rows."""
    try:
        then = _answer(model_files.read(folder, trust), table)
    except Exception as error:  # whatever a damaged file, or one of other versions, makes skops or scikit-learn raise
        return [f"the recorded model cannot be used: {clip(error)}"]
    found = replace(recorded, columns=then).differences(replace(recorded, columns=_answer(estimator, table)))
    return [f"the answers of the recorded model and of the refitted one: {words}" for words in found]


def _answer(estimator: Any, table: Table) -> Columns:
    prediction, probabilities = predict("the model", estimator, table.features, table.classes)
    rows = np.arange(len(table.labels))
    return {"row": rows, "prediction": prediction, **name_probabilities(probabilities, table.classes)}


def _compare_code(store: Store, run: Found) -> str:
    """Say which code made the run, if that is not the code as it is now; "" if it is."""
    tags = {**(get_run(store, run.parent).tags if run.parent else {}), **run.tags}
    now = read_provenance()
    commit, dirty = tags.get(Tags.COMMIT, NO_GIT), tags.get(Tags.DIRTY) == "true"
    if digest := tags.get(Tags.CODE):
        same = digest == compute_code_digest()
    else:
        same = commit == now.commit != NO_GIT and not dirty and now.dirty != "true"
    if same:
        return ""
    is_now = _describe_commit(now.commit) + (" with uncommitted changes" if now.dirty == "true" else "")
    may = "differs" if digest or commit != now.commit else "may differ"
    recorded = _describe_commit(commit) + (_describe_changes(store, run) if dirty else "")
    return f"The code {may}: recorded at {recorded}, now at {is_now}."


def _describe_commit(commit: str) -> str:
    return f"commit {commit[:12]}" if commit != NO_GIT else "an unknown commit (no git)"


def _describe_changes(store: Store, run: Found) -> str:
    for owner in filter(None, (run.run_id, run.parent)):
        if fetch_artifact(store, owner, RunFiles.PATCH) is not None:
            return f" with uncommitted changes ({RunFiles.PATCH} of run {owner[:8]})"
    return " with uncommitted changes that were not kept"


def _compare_versions(recorded: RunRecord, folder: Path | None) -> str:
    """Say which packages have another version than the run's, as far as its model or its fingerprint tells."""
    required = folder / "requirements.txt" if folder else None
    lines = required.read_text(encoding="utf-8").split() if required and required.is_file() else []
    then, now = (
        dict(line.split("==") for line in words if "==" in line) for words in (lines, model_files.list_requirements())
    )
    changed = [f"{name} {was}, now {now[name]}" for name, was in then.items() if now.get(name, was) != was]
    if changed:
        return f"The versions differ: {'; '.join(changed)}."
    deciding = model_files.list_deciding_versions()
    if recorded.fingerprint in ("", compute_fingerprint(recorded.params, deciding)):
        return ""
    unnamed = ", ".join(f"{name} {version}" for name, version in deciding.items() if name not in then)
    return f"The versions differ in a package that the run does not name; now there is {unnamed}."
