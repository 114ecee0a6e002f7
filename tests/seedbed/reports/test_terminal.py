"""What a terminal shows: plain text where it is none, and no command broken anywhere."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from seedbed.config.schema import Selection
from seedbed.records.records import SweepRecord
from seedbed.reports.json_values import comparison_values
from seedbed.reports.markdown import format_note
from seedbed.reports.pages import render_comparison
from seedbed.reports.terminal import format_comparison
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep

KS = {"estimator.n_neighbors": list(range(1, 16))}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def best_at(value: int) -> Callable[..., float]:
    return lambda n_neighbors: 0.0 if n_neighbors == value else 0.3


def judged(sweep: SweepRecord, metric: str = "accuracy") -> SweepAnalysis:
    return analyze_sweep("iris", sweep, Selection(metric=metric), lambda candidate: None)


def test_a_pipe_gets_plain_text(make_sweep: Callable[..., SweepRecord], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = format_comparison(judged(make_sweep(KS, wrong=best_at(8))), ["Report: /a/b"], io.StringIO())
    assert "\x1b" not in text
    assert "\n 1   8 " in text and "And 5 more, see leaderboard.csv." in text
    assert "most frequent class" in text and "* before correction for the choice." in text.lower()
    assert "edge" not in text


def test_the_wider_grid_is_one_line_however_narrow(
    make_sweep: Callable[..., SweepRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    analysis = judged(make_sweep(KS, wrong=best_at(15)))
    text = format_comparison(analysis, ["below " * 30], Terminal())
    assert analysis.wider in text.splitlines()
    assert "edge" in text
    assert "\x1b[1" in text  # the chosen one stands out
    assert "chosen in" not in text  # no room


def test_a_console_without_the_letters_gets_others(make_sweep: Callable[..., SweepRecord]) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    text = format_comparison(judged(make_sweep(KS, wrong=best_at(8))), [], stream)
    assert text.encode("cp1252")
    assert "-" in text


def test_few_seeds_show_least_and_greatest(make_sweep: Callable[..., SweepRecord]) -> None:
    text = format_comparison(judged(make_sweep(KS, seeds=3)), [], io.StringIO())
    assert "Too few seeds for an interval." in text
    assert "95 % interval" not in text.split("\n\n")[0] and "p (Holm)" not in text


def test_one_seed_is_called_one_split(make_sweep: Callable[..., SweepRecord]) -> None:
    text = format_comparison(judged(make_sweep(KS, seeds=1)), [], io.StringIO())
    assert "Intervals are of one split (Wilson), none over seeds." in text


def test_times_are_shown_with_their_range_and_no_test(make_sweep: Callable[..., SweepRecord]) -> None:
    text = format_comparison(judged(make_sweep(KS), "fit_seconds"), [], io.StringIO())
    assert "Median and range, no test." in text and "median" in text and "p (Holm)" not in text


def test_who_does_not_compete_is_listed(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep(KS, skip=lambda n_neighbors, seed: n_neighbors == 2 and seed > 0)
    text = format_comparison(judged(sweep), [], io.StringIO())
    assert "Not compared:\n  k = 2: 1 of 5 seeds finished" in text


@pytest.mark.parametrize(("seeds", "said"), [(5, False), (7, True)])
def test_seeds_that_stop_short_of_whole_partitions_are_said_with_what_completes_them(
    make_sweep: Callable[..., SweepRecord], seeds: int, said: bool
) -> None:
    sweep = make_sweep(KS, seeds=seeds, wrong=best_at(8))
    analysis = judged(replace(sweep, runs=sweep.runs.assign(**{"params.split.folds": 5})))
    text = format_comparison(analysis, [], io.StringIO())
    sentence = (
        "7 seeds stop short of whole partitions of 5 folds, so that some rows are tested more often than others; to "
        "test each equally often: python experiments/train.py -m resume=01234567 'split.seed=range(0,10)'"
    )
    assert (sentence in text.splitlines()) == ("short of whole" in text) == said
    numbers = comparison_values(analysis)
    assert numbers["folds"] == 5 and (numbers["unequally_tested"] is not None) == said
    assert (sentence in html.unescape(render_comparison(analysis, [], {}))) == said and (
        sentence in format_note(analysis)
    ) == said
