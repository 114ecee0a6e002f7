"""Look at the table before anything is fitted: pictures, checks, a rule by eye, and what KNN adds to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seedbed import paths
from seedbed.config.schema import Explore
from seedbed.data.table import Table, read_table
from seedbed.records.records import Kind, RunFiles, Tags
from seedbed.reports.exploration import Explored, explored_numbers, explored_of
from seedbed.reports.exploration_html import explored_html
from seedbed.reports.exploration_pictures import BOX_PLOTS, explored_pictures
from seedbed.reports.exploration_text import checks_in_words, rule_in_words, score_in_words, size_in_words
from seedbed.reports.pictures import Picture
from seedbed.tracking.provenance import Provenance, provenance
from seedbed.tracking.store import Store, experiment_id, open_store
from seedbed.tracking.ui import ui_command
from seedbed.tracking.writer import RunWriter

_LONGEST_NOTE = 5000  # characters of a tag that every store of MLflow takes


@dataclass(frozen=True, kw_only=True, eq=False)
class Exploration:
    """A table that was looked at, where its page and pictures are, and the run that keeps them."""

    explored: Explored
    report: Path
    pictures: Sequence[str]
    run_id: str
    uri: str
    experiment: str
    output: str

    def summary(self) -> str:
        """Return what was seen, and where the rest is; or every number as JSON."""
        if self.output == "json":
            places = {name.removesuffix(".png"): str(self.report.parent / name) for name in self.pictures}
            content = {
                **explored_numbers(self.explored),
                "words": _words(self.explored),
                "pictures": places,
                "box_plots": str(self.report.parent / BOX_PLOTS),
                "report": str(self.report),
                "run": self.run_id,
            }
            return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        found = ui_command(self.uri, self.experiment, self.run_id)
        return "\n".join([*_words(self.explored), f"Report: {self.report}", found])


@dataclass(frozen=True)
class _Files:
    """What an exploration leaves, ready to be written into any folder."""

    report: str
    pictures: Sequence[Picture]

    def write(self, folder: Path) -> None:
        """Write explore.html and the pictures."""
        (folder / RunFiles.EXPLORATION).write_text(self.report, encoding="utf-8")
        for picture in self.pictures:
            (folder / picture.name).write_bytes(picture.png)


def explore(config: Explore) -> Exploration:
    """Look at the table, and keep what was seen as a run of kind exploration.

    Raises
    ------
    BadInput : the table cannot be used.
    NotDone : the store is away.
    """
    table = read_table(config.dataset)
    store = open_store(config.tracking.uri, create=True)
    experiment = experiment_id(store, table.record.name)
    explored, code = explored_of(table), provenance()
    pictures = explored_pictures(explored)
    files = _Files(explored_html(explored, pictures, _made(table, store, code)), pictures)
    folder = paths.new_output("explore", table.record.name)
    files.write(folder)
    run_id = _kept(RunWriter(store, experiment, code, table.record), table, explored, files)
    return Exploration(
        explored=explored,
        report=folder / RunFiles.EXPLORATION,
        pictures=[picture.name for picture in pictures],
        run_id=run_id,
        uri=store.uri,
        experiment=experiment,
        output=config.output,
    )


def _kept(writer: RunWriter, table: Table, explored: Explored, files: _Files) -> str:
    tags = {str(Tags.DIGEST): table.record.digest, str(Tags.NOTE): "\n\n".join(_words(explored))[:_LONGEST_NOTE]}
    run_id = writer.start("exploration", tags, Kind.EXPLORATION)
    try:
        writer.log_input(run_id)
        with writer.files(run_id) as folder:
            files.write(folder)
    except BaseException as error:
        writer.fail(run_id, error)
        raise
    writer.end(run_id, "FINISHED")
    return run_id


def _words(explored: Explored) -> list[str]:
    return [said(explored) for said in (size_in_words, checks_in_words, rule_in_words, score_in_words)]


def _made(table: Table, store: Store, code: Provenance) -> Mapping[str, str]:
    """Return where the numbers come from, for the end of the page."""
    return {
        "Table": f"{table.record.source}, digest {table.record.digest}",
        "Rows": f"{len(table.development)} development rows, {len(table.holdout)} held out",
        "Store": store.uri,
        "Code": code.words,
        "Explored": f"{datetime.now():%Y-%m-%d %H:%M}",
    }
