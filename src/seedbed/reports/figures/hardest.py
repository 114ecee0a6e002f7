"""The rows that are most often wrong, and as what."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from seedbed.metrics.metric import ACCURACY
from seedbed.metrics.names import DUMMY
from seedbed.reports.figures.labels import drawn_names, text_width
from seedbed.reports.figures.plot import CRISP, HEADING, MARGIN, MEAN, SEED_LINE, heading, legend, panel, score_axis
from seedbed.reports.figures.sheet import Sheet
from seedbed.reports.figures.style import INK, MUTED, PAPER, house

MOST = 15
_PITCH = 27


@dataclass(frozen=True, kw_only=True)
class Hard:
    """A row of the table, by its place from 0, that the chosen candidate got wrong.

    Attributes
    ----------
    taken : the class that it was most often taken for.
    wrong, tests : of the chosen candidate.
    everyone : share of all candidates' tests of this row that are wrong.
    """

    row: int
    truth: str
    taken: str
    wrong: int
    tests: int
    everyone: float


@dataclass(frozen=True, kw_only=True)
class Hardest:
    """The hardest rows, the most often wrong first; `wrong` counts all that were wrong at least once, of `rows`."""

    of: str
    rows: tuple[Hard, ...]
    wrong: int
    tested: int


def hardest_of(predictions: pd.DataFrame, candidate: str, of: str, most: int = MOST) -> Hardest:
    """Work out the rows that a candidate most often gets wrong.

    Parameters
    ----------
    predictions : the sweep's test predictions: candidate, row, truth, prediction.
    of : the candidate in words.
    """
    mine = predictions[predictions["candidate"] == candidate]
    wrong = mine["truth"].astype(str) != mine["prediction"].astype(str)
    each = wrong.groupby(mine["row"]).agg(["sum", "size"])
    met = each[each["sum"] > 0]
    others = predictions[(predictions["candidate"] != DUMMY) & predictions["row"].isin(met.index)]
    everyone = (others["truth"].astype(str) != others["prediction"].astype(str)).groupby(others["row"]).mean()
    table = met.assign(share=met["sum"] / met["size"], everyone=everyone).reset_index()
    table = table.sort_values(["sum", "share", "everyone", "row"], ascending=[False, False, False, True]).head(most)
    said = mine[wrong]
    return Hardest(
        of=of,
        rows=tuple(_hard(line, said[said["row"] == line.row]) for line in table.itertuples(index=False)),
        wrong=len(met),
        tested=len(each),
    )


def _hard(line: object, said: pd.DataFrame) -> Hard:
    counts = said["prediction"].astype(str).value_counts()
    taken = min(counts[counts == counts.max()].index)
    number = {name: getattr(line, name) for name in ("row", "sum", "size", "everyone")}
    return Hard(
        row=int(number["row"]),
        truth=str(said["truth"].iloc[0]),
        taken=str(taken),
        wrong=int(number["sum"]),
        tests=int(number["size"]),
        everyone=float(number["everyone"]),
    )


def draw_hardest(hardest: Hardest) -> bytes:
    """Draw the hardest rows as PNG; there has to be one."""
    names = drawn_names([f"row {hard.row}: {hard.truth}" for hard in hardest.rows], longest=40, kind="row")
    said = [f"{hard.wrong} of {hard.tests} as {hard.taken}" for hard in hardest.rows]
    said = drawn_names(said, longest=44, kind="class") if len(set(said)) == len(said) else said
    left = MARGIN + int(max(text_width(name, 10) for name in names)) + 14
    right = int(max(text_width(text, 9.5) for text in said)) + 20
    height = _PITCH * len(names)
    with house():
        sheet = Sheet(max(left + 340 + right + MARGIN, 600), HEADING + 30 + height + 44, CRISP)
        subtitle = f"{hardest.of}: {hardest.wrong} of {hardest.tested} rows were wrong at least once"
        more = f", the first {len(names)} of them" if hardest.wrong > len(names) else ""
        heading(sheet, "Rows most often wrong, and as what", subtitle + more)
        axes = panel(sheet, left, HEADING + 30, 340, height)
        places = list(range(len(names)))
        shares = [hard.wrong / hard.tests for hard in hardest.rows]
        bars = axes.barh(places, shares, height=0.6, color=MEAN, alpha=0.85)
        everyone = [hard.everyone for hard in hardest.rows]
        dots = axes.plot(everyone, places, "D", color=SEED_LINE, markersize=7, mec=PAPER, mew=1.2, clip_on=False)
        for place, text in zip(places, said, strict=True):
            axes.text(1.03, place, text, fontsize=9.5, va="center", color=INK, transform=axes.get_yaxis_transform())
        axes.set_yticks(places, names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        score_axis(axes, ACCURACY, "x")
        axes.grid(axis="x", color="#d9dde5", linewidth=0.6)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("share of its tests that are wrong", fontsize=9.5, color=MUTED)
        legend(sheet, HEADING, [bars, dots[0]], ["of the chosen one's tests", "of all candidates' tests"])
        sheet.draw()
        return sheet.png()
