"""What lets a run be done again: the state of its code, and a copy of its table where that is small.

The copy lies with the run that needed it first, a sweep's parent or a single run; the others find it by the digest.
"""

from __future__ import annotations

import pandas as pd
from mlflow.entities import ViewType

from seedbed.data.table import Table
from seedbed.tracking.names import RunFiles, Tags
from seedbed.tracking.provenance import compute_code_digest, make_patch
from seedbed.tracking.reader import fetch_artifact, search_runs
from seedbed.tracking.store import Store
from seedbed.tracking.writer import RunWriter


def keep_copy(writer: RunWriter, run_id: str, table: Table) -> None:
    """Keep a table as Parquet with a run, unless it is large or another run of the experiment has it already."""
    digest = table.record.digest
    kept = search_runs(writer.store, writer.experiment_id, tags={Tags.COPY: digest})
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


def find_copy(store: Store, experiment: str, digest: str) -> pd.DataFrame | None:
    """Return the kept text of a table, None if there is none.

    A run that was deleted in MLflow keeps its files until `mlflow gc`; its copy counts too.
    """
    for run in store.client.search_runs([experiment], f"tags.`{Tags.COPY}` = '{digest}'", ViewType.ALL):
        file = fetch_artifact(store, run.info.run_id, RunFiles.TABLE)
        if file is not None:
            return pd.read_parquet(file)
    return None
