"""MLflow's note holds whole rows of the leaderboard, and says how many it does not hold (case H36)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from seedbed.config.schema import Selection
from seedbed.promotion.model_card import describe_card
from seedbed.records.records import SweepRecord
from seedbed.reports.leaderboard_text import list_remarks
from seedbed.reports.markdown import fit_rows, format_code, format_note
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep


def judged(sweep: SweepRecord, metric: str = "accuracy") -> SweepAnalysis:
    return analyze_sweep("iris", sweep, Selection(metric=metric), lambda candidate: None)


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def test_two_hundred_candidates_are_cut_at_a_rows_end(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": list(range(1, 101)), "estimator.weights": ["uniform", "distance"]})
    note = format_note(judged(sweep))
    assert len(note) < 8000
    rows = [line for line in note.splitlines() if line.startswith("|")]
    assert {cells(row) for row in rows} == {8} and all(row.endswith("|") for row in rows)
    shown = len(rows) - 2  # without the heading and the line below it
    more = re.search(r"^\nand (\d+) more, see leaderboard\.csv$", note, re.MULTILINE)
    assert more and int(more[1]) + shown == 201  # the dummy's row is one of them
    assert shown > 60


def test_a_small_leaderboard_is_whole(make_sweep: Callable[..., SweepRecord]) -> None:
    note = format_note(judged(make_sweep({"estimator.n_neighbors": [1, 3, 5]})))
    assert "more, see" not in note
    assert sum(line.startswith("|") for line in note.splitlines()) == 6  # two of heading, three candidates, the dummy


def test_what_markdown_reads_as_its_own_is_escaped(make_sweep: Callable[..., SweepRecord]) -> None:
    note = format_note(judged(make_sweep({"estimator.metric": ["a|b", "<i>*c*</i>"]})))
    rows = [line for line in note.splitlines() if line.startswith("|")]
    assert {cells(row) for row in rows} == {8}
    assert r"a\|b" in note and "<i>" not in note


def test_rows_longer_than_the_note_leave_the_rest() -> None:
    note = fit_rows("head", ["x" * 9000, "y"], "foot")
    assert note == "head\n\nand 2 more, see leaderboard.csv\nfoot"


def test_a_version_is_described_without_markup_of_a_name() -> None:
    card = {"basis": "By recall of <i>x</i>", "scores": [], "candidate": {"dataset.target": "a*b"}, "digest": "d"}
    assert describe_card(card).splitlines()[:2] == ["By recall of &lt;i>x&lt;/i>.", r"Candidate: dataset.target=a\*b."]


def test_code_stays_code_whatever_is_in_it() -> None:
    assert format_code("train.py -m") == "`train.py -m`"
    assert format_code("a `` <img> ` b") == "```a `` <img> ` b```"


def test_splits_that_lack_a_class_and_certain_errors_are_remarked(make_sweep: Callable[..., SweepRecord]) -> None:
    sweep = make_sweep({"estimator.n_neighbors": [1, 3]}, wrong=lambda n_neighbors: 0.3, classes=("Setosa", "Other"))
    assert not [line for line in list_remarks(judged(sweep)) if "probability 0" in line]
    assert "no test row" not in format_note(judged(sweep))
    tests = sweep.predictions
    tests = tests[(tests["seed"] > 1) | (tests["truth"] != "Setosa")]
    remark = "SB05: In 2 of the 5 splits a class has no test row, so that the mean is over unlike scores."
    assert remark in format_note(judged(replace(sweep, predictions=tests)))
    certain = tests.copy()
    wrong = (certain["truth"] == "Setosa") & (certain["prediction"] != "Setosa")
    certain.loc[wrong, "probability/Setosa"] = 0.0
    runs = sweep.runs.assign(**{"metrics.log_loss": 1.0})
    remarks = list_remarks(judged(replace(sweep, predictions=certain, runs=runs), "log_loss"))
    assert [line for line in remarks if "gave the truth probability 0, and these few decide log_loss." in line]
    assert not [line for line in list_remarks(judged(replace(sweep, predictions=certain))) if "probability 0" in line]
