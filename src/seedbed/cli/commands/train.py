"""Fit, evaluate and record one run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite

from seedbed.config.candidate import format_params
from seedbed.config.schema import SWITCHES, Train
from seedbed.data.splits.table_splits import describe_table
from seedbed.data.table import load_table
from seedbed.errors import BadInput, flatten
from seedbed.estimators.factory import check_effect, check_loading
from seedbed.execution.run import Runner, prepare
from seedbed.metrics.lookup import list_metrics, resolve_metric
from seedbed.records.records import RunRecord
from seedbed.tracking.notices import say
from seedbed.tracking.provenance import read_provenance
from seedbed.tracking.store import ensure_experiment, open_store
from seedbed.tracking.table_copies import check_same_table, keep_code, keep_copy
from seedbed.tracking.uris import announce_target, format_ui_hint
from seedbed.tracking.writer import RunWriter


@dataclass(frozen=True, eq=False)
class Trained:
    """A run that was recorded, and how to say it."""

    run_id: str
    record: RunRecord
    uri: str
    experiment: str
    output: str

    def summary(self) -> str:
        """Return the short table and the command that opens the run, or the same as JSON."""
        name, metrics = self.record.name, self.record.metrics
        if self.output == "json":
            content = {"run": self.run_id, "name": name, "store": self.uri, "params": format_params(self.record.params)}
            # JSON has no NaN; an undefined score is null.
            scores = {key: value if isfinite(value) else None for key, value in metrics.items()}
            return json.dumps({**content, "metrics": scores}, indent=1, ensure_ascii=False, allow_nan=False)
        right, tested = round(metrics["accuracy"] * metrics["n_test"]), f"{metrics['n_test']:.0f} test rows"
        accuracy = f"accuracy {metrics['accuracy']:.4f} ({right} of {tested})"
        headline = f"{name}: {accuracy}, macro F1 {metrics['macro_f1']:.4f}"
        return "\n".join([headline, "", *self._table(), "", format_ui_hint(self.uri, self.experiment, self.run_id)])

    def _table(self) -> list[str]:
        classes = self.record.report["classes"]
        width = min(40, max(len("class"), *map(len, classes)))
        lines = [f"{'class':{width}}  precision  recall      f1  rows"]
        for name, line in classes.items():
            scores = "  ".join(
                f"{'–' if line[key] is None else format(line[key], '.4f'):>{size}}"
                for key, size in (("precision", 9), ("recall", 6), ("f1-score", 6))
            )
            label = name if len(name) <= width else name[: width - 1] + "…"
            lines.append(f"{flatten(label):{width}}  {scores}  {line['support']:>4}")
        return lines


def train(config: Train) -> Trained:
    """Do one run and record it; BadInput: nothing is recorded; NotDone: no store, or fitting failed, kept as FAILED."""
    for name in SWITCHES:
        if name != "force" and getattr(config, name) != getattr(Train, name):
            raise BadInput(f"{name} applies to a sweep; add -m, or leave it out for one run.")
    table = load_table(config.dataset)
    resolve_metric(config.selection.metric, table.classes, list_metrics(table.classes))
    task = prepare(config, table)
    check_effect([config.estimator])
    check_loading(config.estimator, config.trust)
    store = open_store(config.tracking.uri, create=True)
    experiment = ensure_experiment(store, table.record.name)
    announce_target(table.record.name, store.uri)
    notices = describe_table(table), check_same_table(store, experiment, table, forced=config.force)
    for notice in filter(None, notices):
        say(notice)
    writer = RunWriter(store, experiment, read_provenance(), table.record)
    runner = Runner.of(table, writer, keeps_models=config.tracking.models != "none", trust=config.trust)
    run_id, record = runner.run(task)
    keep_code(runner.writer, run_id)
    if config.tracking.keep_data:
        keep_copy(runner.writer, run_id, table)
    return Trained(run_id, record, store.label, experiment, config.output)
