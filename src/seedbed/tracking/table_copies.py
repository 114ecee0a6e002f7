"""What lets a run be done again: the state of its code, and a copy of its table where that is small.

The copy lies with the run that needed it first, a sweep's parent or a single run; the others find it by the digest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pandas as pd
from mlflow.entities import ViewType

from seedbed.config.dataset import Dataset
from seedbed.data.features import TYPED
from seedbed.data.table import Table, build_table, load_table
from seedbed.errors import BadInput, TableGone, clip, join_names, lacks_secrets
from seedbed.metrics.metric import class_keys
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.provenance import compute_code_digest, make_patch
from seedbed.tracking.reader import fetch_artifact, read_dataset, search_runs
from seedbed.tracking.store import Store
from seedbed.tracking.writer import RunWriter


def keep_copy(writer: RunWriter, run_id: str, table: Table) -> None:
    """Keep a table as Parquet with a run, unless it is large or another run of the experiment has it already."""
    digest = table.record.digest
    kept = search_runs(writer.store, writer.experiment_id, tags={Tags.COPY: digest}, page=1)
    if table.text is None or next(kept, None) is not None:
        return
    with writer.files(run_id) as folder:
        table.text.to_parquet(folder / RunFiles.TABLE, index=False)
    writer.tag(run_id, {str(Tags.COPY): digest})


def keep_code(writer: RunWriter, run_id: str) -> None:
    """Tag a run with the digest of the code, and keep the changes that no commit has."""
    writer.tag(run_id, {str(Tags.CODE): compute_code_digest()})
    if writer.provenance.dirty == "true" and (patch := make_patch()):
        with writer.files(run_id) as folder:
            (folder / RunFiles.PATCH).write_text(patch, encoding="utf-8")


def load_recorded(store: Store, experiment: str, dataset: Dataset, digest: str) -> Table:
    """Return a recorded config's table, or its copy if the address now lacks secrets; raises as `load_table`."""
    try:
        return load_table(dataset)
    except TableGone:
        text = find_copy(store, experiment, digest) if lacks_secrets(dataset.path) else None
        if text is None:
            raise
        return replace(build_table(text, dataset), text=text)


def check_same_table(store: Store, experiment: str, table: Table, *, forced: bool) -> str:
    """Refuse a table that is not the one recorded under its name; say if it is read otherwise, has grown or was mended.

    Raises
    ------
    BadInput : other columns or classes than those recorded last; not a row in common with them, unless forced.
    """
    if next(search_runs(store, experiment, kind=Kind.RUN, digest=table.record.digest, page=1), None):
        return ""
    last = next(search_runs(store, experiment, kind=Kind.RUN, finished=True, page=1), None)
    if last is None:
        return ""
    known, name = read_dataset(store.client.get_run(last.run_id)), table.record.name
    another = f"{table.record.source} is not the table that is recorded under the name {clip(name)}"
    # 0.1.0 left nothing out.
    gone = {column: why for column, why in table.left_out.items() if column in known.columns and why != TYPED}
    classes = {key.removeprefix("f1/") for key in last.metrics if key.startswith("f1/")}
    own = {"columns": {*table.record.columns, *gone}, "classes": set(class_keys(table.classes).values())}
    for what, others in (("columns", set(known.columns)), ("classes", classes)):
        if differing := sorted(own[what] ^ others):
            cure = _propose_drop(differing, others, table)
            raise BadInput(f"{another}: the {what} {join_names(differing)} differ; name it: dataset.name=NAME{cure}.")
    left = "; ".join(f"{clip(column)} ({why})" for column, why in gone.items())
    said = f"Left out is what runs of {clip(name)} had before: {left}; dataset.omit=listed takes it in again."
    text = find_copy(store, experiment, known.digest)
    if text is None:
        return said if gone else f"{another}, of which no copy was kept to compare with."
    before = _collect_rows(build_table(text, replace(table.dataset, holdout=0.0, features=[*map(str, table.features)])))
    rows = _collect_rows(table)
    if rows.isdisjoint(before) and not forced:
        raise BadInput(f"{another}: not one row is the same; type force=true to go on, or name it: dataset.name=NAME.")
    grown = (
        f"{another}: of {len(before)} different rows recorded there, {len(rows & before)} are among its {len(rows)}."
    )
    return "\n".join([said] * bool(gone) + [grown] * (not gone or rows != before))


def _propose_drop(differing: Collection[str], recorded: Collection[str], table: Table) -> str:
    """Say how to leave columns out again that came to tell classes apart as a table grew."""
    new = {*differing} <= {*map(str, table.features)} and not {*differing} & {*recorded}
    return f", or leave them out: dataset.drop=[{','.join(differing)}]" if new else ""


def _collect_rows(table: Table) -> set[tuple[Any, ...]]:
    # A gap equals a gap.
    features = table.features.astype(object).where(table.features.notna(), None)
    return set(zip(*(features[name] for name in sorted(map(str, features))), table.labels, strict=True))


def restore_address(recorded: Dataset, typed: Dataset) -> Dataset:
    """Return a recorded dataset with the address that was typed again, if it was recorded without its secrets."""
    again = lacks_secrets(recorded.path) and "://" in (typed.path or "")
    return replace(recorded, path=typed.path) if again else recorded


def find_copy(store: Store, experiment: str, digest: str) -> pd.DataFrame | None:
    """Return the kept text of a table, None if there is none.

    A run that was deleted in MLflow keeps its files until `mlflow gc`; its copy counts too.
    """
    for run in store.client.search_runs([experiment], f"tags.`{Tags.COPY}` = '{digest}'", ViewType.ALL):
        file = fetch_artifact(store, run.info.run_id, RunFiles.TABLE)
        if file is not None:
            return pd.read_parquet(file)
    return None
