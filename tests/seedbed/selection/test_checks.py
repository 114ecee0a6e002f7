"""Each check finds what its code stands for, and nothing where that is not so; one more check is one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Selection, Split
from seedbed.data.table import Table, build_table
from seedbed.errors import BadInput
from seedbed.records.records import SweepRecord
from seedbed.reports.json_values import comparison_values
from seedbed.reports.pages import render_comparison
from seedbed.reports.terminal import format_comparison
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.checks import CHECKS, MOST_COLUMNS, check, run_checks
from seedbed.selection.leaderboard import rank_sweep

KS = {"estimator.n_neighbors": [1, 3, 5, 7]}
SPLITS = [Split(seed=seed) for seed in range(10)]
Make = Callable[..., SweepRecord]


def analyze(sweep: SweepRecord, *mute: str, metric: str = "accuracy") -> SweepAnalysis:
    return analyze_sweep("iris", sweep, Selection(metric=metric), lambda candidate: None, mute)


def run_check(sweep: SweepRecord, code: str) -> list[str]:
    return list(analyze(sweep).checks[code] or ())


def scored(sweep: SweepRecord, score: Callable[..., float], column: str = "accuracy") -> SweepRecord:
    """Return a sweep with other scores, each of the values of its candidate and of the seed."""
    params = [name for name in sweep.runs if name.startswith("params.")]
    rows = zip(sweep.runs[params].itertuples(index=False), sweep.runs["seed"], strict=True)
    return replace(sweep, runs=sweep.runs.assign(**{f"metrics.{column}": [score(*own, seed) for own, seed in rows]}))


def jitter(seed: int) -> float:
    return (-1) ** seed * 0.01 * seed


# What is recorded


@pytest.mark.parametrize(
    ("best", "words"),
    [(1, ["k is at the low edge of the grid, which is its own limit."]), (5, [])]
    + [(7, ["k is at the high edge of the grid, and a better value may lie beyond."])],
)
def test_the_edge_of_a_grid(make_sweep: Make, best: int, words: list[str]) -> None:
    assert run_check(make_sweep(KS, wrong=lambda n_neighbors: 0.0 if n_neighbors == best else 0.4), "SB01") == words


@pytest.mark.parametrize(("behind", "reaches"), [(0.0, True), (0.3, False), (-0.3, True)])
def test_a_baseline_that_reaches_the_choice(make_sweep: Make, behind: float, reaches: bool) -> None:
    sweep = scored(make_sweep(KS), lambda k, seed: 0.7 - 0.1 * (k != 5) + jitter(seed))
    own = sweep.runs[sweep.runs["params.estimator.n_neighbors"] == 5]
    beside = own.assign(
        candidate="baseline/logistic", **{"metrics.accuracy": 0.7 - behind - 2 * jitter(3) * own["seed"]}
    )
    said = run_check(replace(sweep, baselines=beside), "SB03")
    assert bool(said) == reaches
    assert not said or "logistic with defaults is as good" in said[0]


@pytest.mark.parametrize(("gap", "far"), [(0.2, True), (0.0, False), (-0.2, False)])
def test_training_far_above_test(make_sweep: Make, gap: float, far: bool) -> None:
    sweep = scored(make_sweep(KS), lambda k, seed: 0.7 + jitter(seed))
    trained = scored(sweep, lambda k, seed: 0.7 + gap + jitter(seed + 1), "train_accuracy")
    assert bool(run_check(trained, "SB04")) == far
    few = make_sweep(KS, seeds=4).runs.assign(**{"metrics.train_accuracy": 1.0, "metrics.accuracy": 0.5})
    assert run_check(replace(make_sweep(KS, seeds=4), runs=few), "SB04") == []


def test_a_class_with_few_test_rows(make_sweep: Make) -> None:
    few, absent = run_check(make_sweep(KS), "SB05")
    assert few.startswith("Fewer than 5 rows a split test ") and "Virginica (" in few
    assert absent.endswith(" of the 5 splits a class has no test row, so that the mean is over unlike scores.")
    sweep = make_sweep(KS, classes=("Setosa", "Other"))
    often = [sweep.predictions.assign(row=sweep.predictions["row"] + 100 * again) for again in range(4)]
    assert run_check(replace(sweep, predictions=pd.concat(often)), "SB05") == []


def test_a_parameter_without_effect(make_sweep: Make) -> None:
    sweep = make_sweep({**KS, "estimator.weights": ["uniform", "distance"]})
    same = scored(sweep, lambda k, weights, seed: 0.6 + 0.05 * k * (-1) ** seed)
    assert run_check(same, "SB06") == ["All values of weights give the same accuracy."]
    # One row of one split is less than half of the corrected error.
    nearly = scored(
        sweep, lambda k, weights, seed: 0.6 + 0.05 * k * (-1) ** seed - 1e-3 * ((weights, seed) == ("uniform", 2))
    )
    assert run_check(nearly, "SB06") == ["All values of weights give the same accuracy."]
    other = scored(sweep, lambda k, weights, seed: 0.6 + 0.05 * k * (-1) ** seed - 0.1 * (weights == "uniform"))
    assert run_check(other, "SB06") == []
    opposite = make_sweep({"estimator.weights": ["uniform", "distance"]}, seeds=2)
    assert run_check(scored(opposite, lambda weights, seed: 0.5 + 0.1 * ((weights == "uniform") == seed)), "SB06") == []


def test_runs_that_failed(make_sweep: Make) -> None:
    assert run_check(make_sweep(KS), "SB08") == []
    sweep = replace(make_sweep(KS), failed={"svc": ["ValueError: it is singular.", "another"]})
    assert run_check(sweep, "SB08") == ["2 of the runs of svc failed, as in: ValueError: it is singular."]


# What needs the rows


def table(repeats: bool = False, **columns: np.ndarray) -> Table:
    label = np.arange(60) % 3
    noise = {f"noise_{number}": np.random.default_rng(number).normal(size=60) for number in range(3)}
    frame = pd.DataFrame({**noise, **columns, "label": np.array(list("abc"))[label]}).astype(str)
    frame = pd.concat([frame, frame], ignore_index=True) if repeats else frame
    return build_table(frame, Dataset(path="t.csv", target="label", name="t", holdout=0.0))


def close(sweep: SweepRecord, of: Table, splits: list[Split] = SPLITS) -> Any:
    return run_checks(of, splits, sweep, rank_sweep(sweep, "accuracy"), at_close=True)


def test_a_column_that_says_it_all(make_sweep: Make) -> None:
    right, label = make_sweep(KS, seeds=10, wrong=lambda n_neighbors: 0.02), np.arange(60) % 3
    (said,) = close(right, table(code=label * 10.0))["SB02"]
    assert said.startswith("code alone gets 100.0 % of the test rows right, all columns ") and "leak" in said
    (both,) = close(right, table(code=label * 10.0, again=1 - label))["SB02"]
    assert both.startswith("code, again alone gets ")
    # Two columns that are nearly as good are a table that is easy, and a column that alone gives less is a good one.
    unlike = np.where(np.arange(60) == 7, 0, label)
    assert close(right, table(code=label, other=unlike))["SB02"] == []
    half = np.where(np.arange(60) % 2, label, 0)
    assert close(right, table(code=half))["SB02"] == [] != close(make_sweep(KS, seeds=10), table(code=label))["SB02"]
    assert close(right, table())["SB02"] == []


def test_a_column_is_not_judged_by_four_splits_nor_beside_very_many(make_sweep: Make) -> None:
    sweep, label = make_sweep(KS, seeds=10), np.arange(60) % 3
    assert "SB02" in close(sweep, table()) and close(sweep, table(code=label), SPLITS[:4])["SB02"] is None
    wide = {f"more_{number}": label for number in range(MOST_COLUMNS)}
    assert close(sweep, table(**wide))["SB02"] is None


def test_repeated_rows(make_sweep: Make) -> None:
    assert close(make_sweep(KS), table())["SB07"] == []
    (said,) = close(make_sweep(KS), table(repeats=True))["SB07"]
    assert said.startswith("120 of the 120 rows for training and test equal another one")


# All of them


def test_what_was_not_checked_as_the_sweep_closed_is_said(make_sweep: Make) -> None:
    earlier = analyze(make_sweep(KS, wrong=lambda n_neighbors: 0.0 if n_neighbors == 3 else 0.4))
    assert earlier.warnings[-1] == "SB02, SB07: not checked as the sweep closed."
    later = replace(make_sweep(KS), checks={"SB02": ["x alone."], "SB07": []})
    assert "SB02: x alone." in analyze(later).warnings and "not checked" not in " ".join(analyze(later).warnings)


def test_muted_ones_are_not_said_and_unknown_ones_refused(make_sweep: Make) -> None:
    sweep = make_sweep(KS)
    assert {"SB05", "SB02"} & analyze(sweep, "SB05", "SB02").checks.keys() == set()
    assert not any(line.startswith("SB05") for line in analyze(sweep, "SB05").warnings)
    with pytest.raises(
        BadInput, match=r"^checks.mute=SB77 is not valid: expected codes of checks, SB01, SB02, .*SB08.$"
    ):
        analyze(sweep, "SB01", "SB77")


def test_codes_are_numbered(make_sweep: Make) -> None:
    assert list(CHECKS) == [f"SB{number:02}" for number in range(1, len(CHECKS) + 1)]
    assert list(analyze(make_sweep(KS)).checks) == list(CHECKS)


@pytest.fixture
def one_more() -> Iterator[None]:
    check("SB99", "there are four candidates")(
        lambda sweep, board, choice: ["There are 4 & more."] * len(board.rows[3:])
    )
    yield
    del CHECKS["SB99"]


@pytest.mark.usefixtures("one_more")
def test_one_more_check_is_one_entry(make_sweep: Make) -> None:
    analysis = analyze(make_sweep(KS))
    assert comparison_values(analysis)["checks"]["SB99"] == ["There are 4 & more."]
    assert "\nSB99: There are 4 & more.\n" in format_comparison(analysis, [])
    assert "SB99: There are 4 &amp; more." in render_comparison(analysis, (), {})
    assert "SB99" not in " ".join(analyze(make_sweep({"estimator.n_neighbors": [1, 3]})).warnings)
