"""One analysis of a sweep: its candidates ranked, one chosen, what to expect of it, in numbers and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from seedbed.config.naming import format_command, format_values
from seedbed.config.schema import SWITCHES, Selection
from seedbed.data.splits.folds import UnequalSeeds, find_unequal_seeds
from seedbed.errors import BadValue, join_names
from seedbed.records.records import Holdout, SweepRecord
from seedbed.selection.checks import CHECKS, Found, run_checks
from seedbed.selection.choice import CorrectedEstimate, NoCompleteCandidate, SelectedCandidate, choose, estimate_choice
from seedbed.selection.families import FamilyComparison, compare_families
from seedbed.selection.leaderboard import Leaderboard, rank_sweep
from seedbed.selection.score_lines import LearningCurves, is_learning, make_learning_curves
from seedbed.selection.summary import summarize_choice, summarize_learning

FindHoldout = Callable[[str], Holdout | None]  # candidate to how many held-out rows it got right, once it was promoted
_NOT_OF_THE_GRID = {*SWITCHES, "output", "tracking.uri"}


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepAnalysis:
    """What a comparison says of a sweep, before it is written anywhere.

    Attributes
    ----------
    choice : None if the number of training rows is what varies; `learning` then says what more rows brought.
    families : None for one family, and as `estimate`.
    estimate : None for a metric that is not a function of the test rows, and without a choice.
    words : the result in one sentence.
    wider : a command with a wider grid, if the choice is at an end of this one.
    checks : what those of the choice found; none without one.
    """

    dataset: str
    sweep: SweepRecord
    leaderboard: Leaderboard
    choice: SelectedCandidate | None = None
    families: FamilyComparison | None = None
    estimate: CorrectedEstimate | None = None
    holdout: Holdout | None = None
    learning: LearningCurves | None = None
    words: str
    wider: str | None = None
    checks: Found = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The rule of the choice, empty without one."""
        return str(self.choice.rule) if self.choice else ""

    @property
    def warnings(self) -> list[str]:
        """What the checks found, a sentence each."""
        said = [f"{code}: {words}" for code, found in self.checks.items() for words in found or ()]
        undone = join_names(code for code, found in self.checks.items() if found is None)
        return said + [f"{undone}: not checked as the sweep closed."] * bool(undone)

    @property
    def unequal(self) -> UnequalSeeds | None:
        """Where the sweep's seeds stop short of whole partitions into folds; None if they do not."""
        folds = self.sweep.folds
        return None if folds is None else find_unequal_seeds(self.sweep.seeds, folds)

    def share(self, candidate: str) -> float | None:
        """Return how often a candidate was chosen over the resamples."""
        return self.estimate.shares.get(candidate) if self.estimate else None

    def frame(self) -> pd.DataFrame:
        """Return leaderboard.csv as a table."""
        chosen = self.choice.candidate if self.choice else None
        shares = self.estimate.shares if self.estimate else None
        return self.leaderboard.frame(rule=self.rule, chosen=chosen, shares=shares)


def analyze_sweep(
    dataset: str, sweep: SweepRecord, selection: Selection, find_holdout: FindHoldout, mute: Sequence[str] = ()
) -> SweepAnalysis:
    """Rank a sweep's candidates, choose one, and say what to expect of it.

    Among several families the candidate is chosen in the one that `compare_families` says to serve. Raises as that,
    `rank_sweep` and `choose`; NoCompleteCandidate if none has all its runs; NotDone without predictions; BadInput for
    a code to `mute` that no check has.
    """
    if unknown := set(mute) - CHECKS.keys():
        raise BadValue("checks.mute", min(unknown), f"codes of checks, {join_names(CHECKS, len(CHECKS))}")
    leaderboard = rank_sweep(sweep, selection.metric)
    if not leaderboard.rows:
        raise NoCompleteCandidate(leaderboard)
    if is_learning(leaderboard):
        learning = make_learning_curves(leaderboard)
        words = summarize_learning(learning, leaderboard)
        return SweepAnalysis(dataset=dataset, sweep=sweep, leaderboard=leaderboard, learning=learning, words=words)
    families = compare_families(sweep, leaderboard, selection)
    choice = choose(leaderboard, selection.rule, families.served.key if families else None)
    estimate = families.estimate if families else estimate_choice(sweep.predictions, leaderboard, selection.rule)
    holdout = find_holdout(choice.candidate)
    found = {**sweep.checks, **run_checks(sweep, leaderboard, choice)}
    return SweepAnalysis(
        dataset=dataset,
        sweep=sweep,
        leaderboard=leaderboard,
        choice=choice,
        families=families,
        estimate=estimate,
        holdout=holdout,
        words=summarize_choice(choice, estimate, leaderboard, holdout, families),
        wider=_format_wider_command(sweep, choice),
        checks={code: found.get(code) for code in CHECKS if code not in mute},
    )


def _format_wider_command(sweep: SweepRecord, choice: SelectedCandidate) -> str | None:
    """Return the sweep's command with a wider grid; None within the grid, if nothing lies beyond, or of no sweep."""
    wider = {edge.axis.key: edge.override for edge in choice.edges if edge.override}
    if not wider or not sweep.words:
        return None
    words = {key: _join_words(values) for key, values in sweep.words.items() if key not in _NOT_OF_THE_GRID}
    # A parameter of a class that no file describes was typed with a plus.
    plus = {key: "+" * (f"+{key}" in words) for key in wider}
    words |= {plus[key] + key: plus[key] + override for key, override in wider.items()}
    return format_command("train -m", *words.values(), uri=sweep.uri)


def _join_words(words: Sequence[str]) -> str:
    """Return the words of one key as the one word that makes them all."""
    if len(words) == 1:
        return words[0]
    key, values = words[0].partition("=")[0], [word.partition("=")[2] for word in words]
    whole = all(value.lstrip("-").isdecimal() for value in values)
    return f"{key}={format_values([int(value) for value in values]) if whole else ','.join(values)}"
