"""What a comparison says, as a value: a frame, a sentence, figures and a report, for commands and notebooks alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from seedbed.reports.leaderboard_text import list_remarks
from seedbed.reports.pages import render_comparison
from seedbed.reports.pictures import Picture, draw_comparison
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.choice import CorrectedEstimate
from seedbed.selection.families import FamilyComparison
from seedbed.tracking.names import RunFiles

FIGURES = "figures"  # the folder
_INTERVALS = ("low", "high", "difference_mean", "difference_low", "difference_high")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison:
    """Candidates ranked over the same splits, one of them chosen, and what to expect of it; shown as the report."""

    analysis: SweepAnalysis  # every number; its own attributes are not part of the promise that this class makes
    origin: Mapping[str, str] = field(default_factory=dict)  # where the numbers come from, for the end of the report

    @property
    def leaderboard(self) -> pd.DataFrame:
        """One row a candidate, the best first, as leaderboard.csv has it; then baselines, and who does not compete."""
        return self.analysis.frame().infer_objects()

    @property
    def intervals(self) -> pd.DataFrame:
        """Each candidate's mean, low, high, and difference_mean, _low, _high to the leader: 95 %, NaN where unsound."""
        board = self.analysis.leaderboard
        own = self.leaderboard.iloc[: len(board.rows)][[board.metric.average_name, *_INTERVALS]].astype(float)
        return own.set_index(pd.Index([row.label for row in board.rows], name="candidate"))

    @property
    def choice(self) -> dict[str, Any] | None:
        """What was varied, with the chosen candidate's values; None if only numbers of training rows are compared."""
        chosen = self.analysis.choice
        return {key.removeprefix("estimator."): own for key, own in chosen.row.values.items()} if chosen else None

    @property
    def sentence(self) -> str:
        """What was chosen, what to expect of it, and what cannot be told apart from it."""
        return self.analysis.words

    @property
    def remarks(self) -> list[str]:
        """What the input cannot give, and other remarks, a sentence each."""
        return list_remarks(self.analysis)

    @property
    def estimate(self) -> CorrectedEstimate | None:
        """The score to expect (`value`, `low`, `high`), corrected for the choice (BBC-CV); None without predictions."""
        return self.analysis.estimate

    @property
    def families(self) -> FamilyComparison | None:
        """The families of candidates, each with its corrected score; None without predictions or of a single one."""
        return self.analysis.families

    @cached_property
    def figures(self) -> tuple[Picture, ...]:
        """The figures, the one that says most first: `name`, `title`, what it shows in `words`, and `png`."""
        return tuple(draw_comparison(self.analysis))

    @cached_property
    def html(self) -> str:
        """The report, one page that loads nothing."""
        analysis, board, digest = self.analysis, self.analysis.leaderboard, self.analysis.sweep.digest
        rows = f", {board.development_rows} development rows" * (board.development_rows > 0)
        within = f" {analysis.families.basis}" if analysis.families else ""
        facts = {
            "Table": analysis.dataset + f", digest {digest}" * bool(digest) + rows,
            "Seeds": ", ".join(map(str, board.seeds)),
            "Metric and rule": f"{board.metric}, {analysis.rule or 'nothing chosen'}{within}",
            "Compared": f"{datetime.now():%Y-%m-%d %H:%M}",
        }
        return render_comparison(analysis, self.figures, {**self.origin, **facts})

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        # In a frame of its own, neither the page's style nor the notebook's touches the other.
        return f'<iframe srcdoc="{escape(self.html)}" style="width: 100%; height: 760px; border: 0"></iframe>'

    def save(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens from disk, and return its path."""
        Path(path).write_text(self.html, encoding="utf-8")
        return Path(path)

    def write_files(self, folder: Path) -> Path:
        """Write leaderboard.csv, the figures and the report into a folder, and return the report's path."""
        self.analysis.frame().to_csv(folder / RunFiles.LEADERBOARD, index=False, lineterminator="\n")
        (folder / FIGURES).mkdir(exist_ok=True)
        for picture in self.figures:
            (folder / FIGURES / picture.name).write_bytes(picture.png)
        return self.save(folder / RunFiles.COMPARISON)
