"""Look at the table before anything is fitted: the tutorial's box plots."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from seedbed import paths
from seedbed.config import Explore
from seedbed.figures import box_plots
from seedbed.record import Kind, Tags
from seedbed.tables import Table, read_table
from seedbed.tracking.provenance import provenance
from seedbed.tracking.store import experiment_id, open_store
from seedbed.tracking.ui import ui_command
from seedbed.tracking.writer import RunWriter

BOX_PLOTS = "box_plots.png"


@dataclass(frozen=True)
class Explored:
    """A table that was looked at: where its pictures are, and its run."""

    rows: int
    counts: dict[str, int]
    features: list[str]
    picture: Path
    run_id: str
    uri: str
    experiment: str
    output: str

    def summary(self) -> str:
        """Return what was seen, and where, in words or as JSON."""
        if self.output == "json":
            content = {"rows": self.rows, "classes": self.counts, "features": self.features}
            return json.dumps({**content, "box_plots": str(self.picture), "run": self.run_id}, indent=1)
        counts = ", ".join(f"{' '.join(name.split())} {count}" for name, count in self.counts.items())
        lines = [
            f"{self.rows} rows, {len(self.features)} features ({', '.join(self.features[:12])}), classes: {counts}.",
            f"Box plots of every feature by class: {self.picture}",
            ui_command(self.uri, self.experiment, self.run_id),
        ]
        return "\n".join(lines)


def explore(config: Explore) -> Explored:
    """Draw the table's box plots and keep them as a run of kind exploration.

    Raises
    ------
    BadInput : the table cannot be used.
    NotDone : the store is away.
    """
    table = read_table(config.dataset)
    store = open_store(config.tracking.uri, create=True)
    experiment = experiment_id(store, table.record.name)
    png = box_plots(table.features, pd.Series(table.labels), list(table.classes))
    picture = _written(png, table)
    writer = RunWriter(store, experiment, provenance(), table.record)
    run_id = writer.start("exploration", {str(Tags.DIGEST): table.record.digest}, Kind.EXPLORATION)
    writer.log_input(run_id)
    with writer.files(run_id) as folder:
        (folder / BOX_PLOTS).write_bytes(png)
    writer.end(run_id, "FINISHED")
    counts = {name: int((table.labels == name).sum()) for name in table.classes}
    features = [str(name) for name in table.features]
    return Explored(len(table.labels), counts, features, picture, run_id, store.uri, experiment, config.output)


def _written(png: bytes, table: Table) -> Path:
    folder = paths.OUTPUTS / "explore" / f"{table.record.name}_{datetime.now():%Y-%m-%d_%H-%M-%S-%f}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / BOX_PLOTS).write_bytes(png)
    return folder / BOX_PLOTS
