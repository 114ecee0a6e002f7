"""Look at the table before anything is fitted: pictures, checks, a rule by eye, and what models add to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import yaml

from seedbed import paths
from seedbed.cli import make_output
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Explore
from seedbed.data.table import Table, load_table
from seedbed.errors import BadInput, flatten, hide_secrets
from seedbed.reports.exploration import Exploration, describe_exploration, exploration_values, explore_table
from seedbed.reports.markdown import escape_markdown
from seedbed.reports.pages import render_exploration
from seedbed.reports.pictures import BOX_PLOTS, Picture, draw_exploration
from seedbed.tracking.names import Kind, RunFiles, Tags
from seedbed.tracking.notices import say
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.store import ensure_experiment, open_store
from seedbed.tracking.uris import announce_target, format_ui_hint, hint_at_training
from seedbed.tracking.writer import RunWriter

_LONGEST_NOTE = 5000  # characters of a tag that every store of MLflow takes


@dataclass(frozen=True, eq=False)
class ExploreResult:
    """An exploration with its page and pictures, and the run that keeps them."""

    exploration: Exploration
    report: Path
    pictures: Sequence[str]
    run_id: str
    uri: str
    experiment: str
    output: str

    def summary(self) -> str:
        """Return what was seen, and where the rest is; or every number as JSON."""
        words = describe_exploration(self.exploration)
        if self.output == "json":
            files = {name.removesuffix(".png"): str(self.report.parent / name) for name in self.pictures}
            content = {
                **exploration_values(self.exploration),
                "words": words,
                "pictures": files,
                "box_plots": files.get(BOX_PLOTS.removesuffix(".png")),
                "report": str(self.report),
                "run": self.run_id,
            }
            return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        table = self.exploration.table
        following = hint_at_training("train -m", self.uri, table.record.name, table.dataset)
        hints = f"Next: {following} sweeps it.", format_ui_hint(self.uri, self.experiment, self.run_id)
        return "\n".join([*words, f"Report: {self.report}", *hints])


def explore(config: Explore) -> ExploreResult:
    """Look at the table, and keep what was seen as a run of kind exploration; raises as `load_table`, `open_store`."""
    file = paths.CONF / "dataset" / f"{config.save}.yaml"
    if config.save and file.exists():
        raise BadInput(f"conf/dataset/{file.name} is there already; edit it, or choose another name: save=NAME.")
    table = load_table(config.dataset)
    if config.save:
        file.write_text(_format_table(table), encoding="utf-8")
        say(f"The table's words are in conf/dataset/{file.name}: type dataset={config.save}, or edit them.")
    store = open_store(config.tracking.uri, create=True)
    experiment = ensure_experiment(store, table.record.name)
    announce_target(table.record.name, store.uri, "Looking at columns and classes, and drawing them.")
    exploration, code = explore_table(table), read_provenance()
    pictures = draw_exploration(exploration)
    origin = {
        "Table": f"{table.record.source}, digest {table.record.digest}",
        "Rows": f"{len(table.development)} development rows, {len(table.holdout)} held out",
        "Store": store.label,
        "Code": code.words,
        "Explored": f"{datetime.now():%Y-%m-%d %H:%M}",
    }
    page = render_exploration(exploration, pictures, origin)
    folder = make_output("explore", table.record.name)
    _write_files(folder, page, pictures)
    note = "\n\n".join(map(escape_markdown, describe_exploration(exploration)))[:_LONGEST_NOTE]
    writer = RunWriter(store, experiment, code, table.record)
    tags = {str(Tags.DIGEST): table.record.digest, str(Tags.NOTE): note}
    with writer.open_run("exploration", tags, Kind.EXPLORATION) as run_id:
        writer.log_input(run_id)
        with writer.files(run_id) as artifacts:
            _write_files(artifacts, page, pictures)
    report, names = folder / RunFiles.EXPLORATION, [picture.name for picture in pictures]
    return ExploreResult(exploration, report, names, run_id, store.uri, experiment, config.output)


def _format_table(table: Table) -> str:
    """Return a table's words as a file of conf/dataset/, its columns as they were found."""
    dataset = table.dataset
    own = {key: value for key, value in asdict(dataset).items() if value != getattr(Dataset(), key)}
    kinds = {column.name: column.kind.value for column in table.schema}
    found = {"drop": list(table.left_out), "features": [], "columns": kinds, "omit": "listed"}
    own |= {"path": hide_secrets(dataset.path or ""), "name": table.record.name, **found}
    lines = [f"# {flatten(note)}" for note in ("As it was found; edit what it got wrong.", *table.notes)]
    return "\n".join([*lines, yaml.safe_dump(own, sort_keys=False, allow_unicode=True)])


def _write_files(folder: Path, page: str, pictures: Sequence[Picture]) -> None:
    (folder / RunFiles.EXPLORATION).write_text(page, encoding="utf-8")
    for picture in pictures:
        (folder / picture.name).write_bytes(picture.png)
