"""Remove the models that are not needed, and no record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seedbed.config.naming import resolve_dataset_name
from seedbed.config.schema import Prune
from seedbed.errors import NotDone
from seedbed.metrics.metric import find_metric
from seedbed.selection.leaderboard import rank_sweep
from seedbed.tracking.frames import read_sweep
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.notices import say
from seedbed.tracking.reader import Found, find_run, search_runs
from seedbed.tracking.registry import open_registry
from seedbed.tracking.store import Store, find_experiment
from seedbed.tracking.stored_models import StoredModel, list_models, measure_size, remove_model
from seedbed.tracking.uris import announce_target


@dataclass(frozen=True)
class Pruned:
    """The models that were removed, or would be, their bytes, and how many stay by reason."""

    removed: tuple[StoredModel, ...]
    size: int
    kept: Mapping[str, int]
    dry_run: bool
    output: str

    def summary(self) -> str:
        """Return what was removed and what stays, in words or as JSON."""
        if self.output == "json":
            content = {"models": len(self.removed), "bytes": self.size, "kept": {**self.kept}, "dry_run": self.dry_run}
            return json.dumps({**content, "runs": [model.run_id for model in self.removed]}, indent=1)
        done = "would be removed; nothing was (dry_run)" if self.dry_run else "removed; every record stays"
        kept = ", ".join(f"{count} {why}" for why, count in self.kept.items())
        return f"{_format_amount(len(self.removed), self.size)}, {done}. Kept: {kept or 'none'}."


def prune(config: Prune) -> Pruned:
    """Remove the models of a dataset's runs but those that are registered, among the best, or named.

    Raises
    ------
    UnknownName : a run that is named is not there, or the runs lack the metric; nothing was removed.
    NotDone : the store is away, or holds no run of the dataset.
    """
    registry = open_registry(config.tracking.uri)
    store, name = registry.store, resolve_dataset_name(config.dataset)
    experiment = find_experiment(store, name)
    if experiment is None:
        raise NotDone(f"There is no run of {name} in {store.label}, so there is nothing to remove.")
    runs = {run.run_id: run for run in search_runs(store, experiment)}
    reasons = _find_best(store, runs, config)
    reasons |= {find_run(store, name, reference).run_id: "named" for reference in config.runs}
    reasons |= dict.fromkeys(registry.list_sources(), "registered")
    announce_target(name, store.uri)
    kept: Counter[str] = Counter()
    removed = []
    for model in list_models(store, experiment):
        if why := _explain_keeping(runs.get(model.run_id), model, reasons):
            kept[why] += 1
        else:
            removed.append(model)
    size = sum(measure_size(store, model) for model in removed)
    if removed and not config.dry_run:
        say(f"Removing {_format_amount(len(removed), size)}.")
        for model in removed:
            remove_model(store, model)
    return Pruned(tuple(removed), size, dict(kept.most_common()), config.dry_run, config.output)


def _explain_keeping(run: Found | None, model: StoredModel, reasons: Mapping[str, str]) -> str:
    """Return why a model stays, "" if it need not; one whose removal was cut short cannot."""
    if run is None or run.kind not in (Kind.RUN, Kind.PROMOTION):
        return "not of a run of Seedbed's, or of a deleted one"
    if Tags.PRUNED in run.tags:
        return ""
    return reasons.get(model.model_id) or reasons.get(run.run_id) or ("running" if run.status == "RUNNING" else "")


def _find_best(store: Store, runs: Mapping[str, Found], config: Prune) -> dict[str, str]:
    """Return, by run id, which runs of sweeps stay: those of the best candidates, and of sweeps without any yet."""
    stay: dict[str, str] = {}
    for sweep in (run for run in runs.values() if run.kind == Kind.SWEEP):
        children = [run for run in runs.values() if run.parent == sweep.run_id]
        cells = [run for run in children if run.kind == Kind.RUN]
        # What a store names is not imported: a function of one's own counts where it is typed.
        compared = (name for run in children if ":" not in (name := run.tags.get(Tags.METRIC, "")))
        metrics = {config.selection.metric, *(name for name in compared if name and find_metric(name).chooses)}
        best = _rank(store, sweep, [run for run in cells if run.status == "FINISHED"], metrics, config.keep)
        if best is None:
            stay |= {run.run_id: f"of an unfinished sweep ({sweep.run_id[:8]})" for run in cells}
        else:
            label = f"of the best {config.keep} of a sweep"
            stay |= {run.run_id: label for run in cells if run.status == "FINISHED" and run.candidate in best}
    return stay


def _rank(store: Store, sweep: Found, finished: Sequence[Found], metrics: set[str], keep: int) -> set[str] | None:
    """Return the candidates that lead a sweep by any of the metrics, None if it cannot be ranked yet."""
    if sweep.status == "RUNNING":
        return None
    try:
        record = read_sweep(store, sweep.experiment, sweep, finished)
    except NotDone:
        return None
    return {row.candidate for metric in metrics for row in rank_sweep(record, metric).rows[:keep]} or None


def _format_amount(models: int, size: int) -> str:
    amount = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
    return f"{models} model{'s' * (models != 1)}, {amount}"
