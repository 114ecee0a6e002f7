"""Compare the candidates of a sweep: words in; the leaderboard, the sentence and where the report is out."""

from __future__ import annotations

import json
from dataclasses import dataclass

from seedbed.cli import make_output
from seedbed.comparison.sweeps import SweepComparison, compare_sweep
from seedbed.config.candidate import format_param
from seedbed.config.naming import format_command, make_override, resolve_dataset_name
from seedbed.config.schema import Compare, Selection
from seedbed.paths import GUIDE
from seedbed.reports.json_values import comparison_values
from seedbed.reports.terminal import format_comparison
from seedbed.tracking.store import open_store
from seedbed.tracking.uris import format_ui_hint


@dataclass(frozen=True, eq=False)
class ComparisonOutput:
    """A comparison with the commands that follow it."""

    comparison: SweepComparison
    promote: str
    ui: str
    output: str

    def summary(self) -> str:
        """Return the leaderboard's top, the sentence and where the rest is; or every number as JSON."""
        analysis, report = self.comparison.analysis, str(self.comparison.report)
        if self.output == "json":
            content = {**comparison_values(analysis), "report": report, "run": self.comparison.run_id}
            return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        marks = analysis.choice and self.comparison.run_id  # of several sweeps none is promoted from
        following = [f"Next: `{self.promote}` marks the best of this sweep."] if marks else []
        guide = [f"What each column and figure says: {GUIDE}"] if GUIDE.is_file() else []
        return format_comparison(analysis, [f"Report: {report}", *guide, *following, self.ui])


def compare(config: Compare) -> ComparisonOutput:
    """Rank the candidates of a sweep and keep what that says; raises as `compare_sweep`."""
    store, name = open_store(config.tracking.uri), resolve_dataset_name(config.dataset)
    mute = config.checks.mute
    comparison = compare_sweep(store, name, config.sweep, config.selection, lambda: make_output("compare", name), mute)
    own = comparison.analysis.sweep.run_id if comparison.run_id else None
    ui = format_ui_hint(store.uri, comparison.experiment, own)
    # By the same words.
    selection, usual = config.selection, {Compare.sweep, Selection.metric, Selection.rule}
    typed = {"sweep": config.sweep, "selection.metric": selection.metric, "selection.rule": selection.rule}
    words = [make_override(key, value) for key, value in typed.items() if value not in usual]
    if selection.tolerance is not None:
        words += [f"selection.tolerance={format_param(selection.tolerance)}"]
        words += [f"selection.order=[{','.join(selection.order)}]"] * bool(selection.order)
    words += [f"checks.mute=[{','.join(mute)}]"] * bool(mute)
    promote = format_command("promote", *words, name=name, uri=comparison.analysis.sweep.uri)
    return ComparisonOutput(comparison, promote, ui, config.output)
