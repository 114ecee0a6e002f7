"""A rule chooses, and what to expect of its choice accounts for the choosing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import BadInput, NotDone
from seedbed.selection.choice import CorrectedEstimate, Rule, choose, estimate_choice
from seedbed.selection.inference import wilson_interval
from seedbed.selection.leaderboard import Leaderboard, rank_runs

KEY = "estimator.n_neighbors"
Sweep = tuple[pd.DataFrame, pd.DataFrame, dict[str, list[Any]]]
Right = Callable[[int, np.ndarray, np.random.Generator], np.ndarray]  # k and rows in, which are right out


def named(value: int) -> str:
    return f"{value:0>16}"


def sweep_of(
    right: Right, *, values: Sequence[int], seeds: int = 10, rows: int = 60, tested: int = 12, seed: int = 0
) -> Sweep:
    """Runs, predictions and axes of a sweep of two classes; every k is tested on the same rows of a split."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, rows)
    runs, predictions = [], []
    for split in range(seeds):
        test = draw.choice(rows, tested, replace=False)
        for k in values:
            hit = right(k, test, draw)
            told = np.where(hit, truth[test], 1 - truth[test])
            run = {"run": f"{k}-{split}", "candidate": named(k), "seed": split}
            scores = {"metrics.accuracy": hit.mean(), "metrics.fit_seconds": 0.1, "metrics.train_accuracy": 1 - k / 100}
            sizes = {"n_train": rows - tested, "n_test": tested, f"params.{KEY}": k}
            runs.append(run | sizes | scores)
            frame = pd.DataFrame(run, index=range(tested)).assign(row=test, truth=truth[test].astype(str))
            frame = frame.assign(prediction=told.astype(str))
            predictions.append(frame.assign(**{"probability/0": 1.0 - told, "probability/1": 1.0 * told}))
    return pd.DataFrame(runs), pd.concat(predictions, ignore_index=True), {KEY: list(values)}


def chance(share: float) -> Right:
    return lambda _k, test, draw: draw.random(len(test)) < share


def hard_rows(*hard: int) -> Right:
    """Every k is wrong on the same rows."""
    return lambda _k, test, _draw: ~np.isin(test, hard)


def board_of(sweep: Sweep, metric: str = "accuracy") -> Leaderboard:
    runs, predictions, axes = sweep
    return rank_runs(runs, metric, planned_seeds=sorted(set(runs["seed"])), axes=axes, predictions=predictions)


def scored(scores: dict[int, Sequence[float]]) -> Leaderboard:
    """A leaderboard of given scores."""
    runs = pd.DataFrame(
        [
            {
                "run": f"{k}-{seed}",
                "candidate": named(k),
                "seed": seed,
                f"params.{KEY}": k,
                "metrics.accuracy": score,
            }
            for k, row in scores.items()
            for seed, score in enumerate(row)
        ]
    ).assign(n_train=96, n_test=24)
    return rank_runs(runs, "accuracy", planned_seeds=range(len(next(iter(scores.values())))), axes={KEY: list(scores)})


def estimate_of(sweep: Sweep, metric: str = "accuracy", **more: Any) -> CorrectedEstimate:
    found = estimate_choice(sweep[1], board_of(sweep, metric), **({"resamples": 400} | more))
    assert found is not None
    return found


NOISE = np.array([0.02, -0.02, 0.01, -0.01, 0.03, -0.03])


def test_the_highest_mean_is_chosen_and_gives_nothing_up() -> None:
    choice = choose(scored({1: 0.90 + NOISE, 5: 0.95 + NOISE, 9: 0.92 + NOISE}))
    assert (choice.row.label, choice.given_up, choice.edges) == ("k = 5", 0, ())
    assert choice.candidate == named(5)


@pytest.mark.parametrize(("tied", "chosen"), [((3, 5, 7), 5), ((3, 5, 7, 9), 5), ((1, 9), 1), ((5, 7, 20), 7)])
def test_of_equal_means_the_middle_is_chosen(tied: tuple[int, ...], chosen: int) -> None:
    scores = {k: (0.95 if k in tied else 0.9) + NOISE[:: 1 if k % 3 else -1] for k in (20, 9, 7, 5, 3, 1)}
    choice = choose(scored(scores))
    assert choice.row.values == {KEY: chosen}
    assert [row.values[KEY] for row in choice.tied] == sorted(tied)


def test_one_standard_error_goes_as_far_as_it_can_without_a_gap() -> None:
    lead = np.array([0.95] * 6)
    near = lead - 0.001 + NOISE[::-1]
    far = lead - 0.2 + NOISE
    choice = choose(scored({1: near, 5: lead, 7: near, 9: near, 11: far, 13: near}), Rule.ONE_STANDARD_ERROR)
    assert choice.row.label == "k = 9"
    assert choice.leader.label == "k = 5"
    assert choice.given_up == pytest.approx(0.001)


def test_one_standard_error_stays_where_the_next_is_clearly_worse() -> None:
    choice = choose(scored({5: 0.95 + NOISE, 7: 0.7 - NOISE}), Rule.ONE_STANDARD_ERROR)
    assert (choice.row.label, choice.given_up) == ("k = 5", 0)


@pytest.mark.parametrize("seeds", [1, 2, 4])
def test_one_standard_error_is_refused_with_too_few_seeds(seeds: int) -> None:
    with pytest.raises(BadInput, match=f"at least 5 seeds and this sweep has {seeds}; use"):
        choose(scored({5: [0.9] * seeds, 7: [0.8] * seeds}), Rule.ONE_STANDARD_ERROR)


def test_one_standard_error_is_refused_for_times_and_without_neighbors() -> None:
    sweep = sweep_of(chance(0.9), values=[1, 3])
    with pytest.raises(BadInput, match="times are not tested"):
        choose(board_of(sweep, "fit_seconds"), Rule.ONE_STANDARD_ERROR)
    other = sweep[0].rename(columns={f"params.{KEY}": "params.estimator.p"})
    found = rank_runs(other, "accuracy", planned_seeds=range(10), axes={"estimator.p": [1, 3]})
    with pytest.raises(BadInput, match="does not vary"):
        choose(found, Rule.ONE_STANDARD_ERROR)


def test_an_unknown_rule_names_the_two() -> None:
    with pytest.raises(BadInput, match="highest_mean or one_standard_error"):
        choose(scored({5: [0.9]}), "best")


def test_nobody_to_choose_from_is_said() -> None:
    empty = scored({5: [float("nan")] * 2})
    for refused in (lambda: choose(empty), lambda: estimate_choice(pd.DataFrame(), empty)):
        with pytest.raises(NotDone, match="No candidate can be chosen by accuracy"):
            refused()


@pytest.mark.parametrize(("best", "side", "own_bound"), [(1, "low", True), (9, "high", False)])
def test_a_choice_at_the_end_of_the_grid_is_an_edge(best: int, side: str, own_bound: bool) -> None:
    (edge,) = choose(scored({k: (0.95 if k == best else 0.9) + NOISE for k in (1, 5, 9)})).edges
    assert (edge.side, edge.own_bound) == (side, own_bound)
    assert edge.override == (None if own_bound else "estimator.n_neighbors=range(1,18,4)")


def test_of_one_candidate_the_estimate_is_the_mean_out_of_bag() -> None:
    sweep = sweep_of(hard_rows(3, 17, 40), values=[5])
    found = estimate_of(sweep, resamples=4000)
    per_row = sweep[1].assign(right=sweep[1]["truth"] == sweep[1]["prediction"]).groupby("row")["right"]
    tests, right = per_row.size().to_numpy(), per_row.sum().to_numpy()
    left = np.random.default_rng(1).integers(0, len(tests), (4000, len(tests)))
    weights = np.array([np.bincount(row, minlength=len(tests)) == 0 for row in left])
    out_of_bag = weights @ right / (weights @ tests)
    assert found.value == pytest.approx(out_of_bag.mean(), abs=0.003)
    assert (found.low, found.high) == pytest.approx(np.percentile(out_of_bag, [2.5, 97.5]), abs=0.01)
    assert found.shares == {named(5): 1.0}


def test_rows_of_one_group_are_drawn_as_one_and_make_nothing_surer() -> None:
    runs, predictions, axes = sweep = sweep_of(chance(0.8), values=[1, 5, 9])
    first = predictions.assign(group=predictions["row"].astype(str))
    again = first.assign(row=first["row"] + 1000)
    twice = (runs, pd.concat([again, first], ignore_index=True), axes)
    one, both, apart = estimate_of(sweep), estimate_of(twice), estimate_of((runs, twice[1].drop(columns="group"), axes))
    assert (both.value, both.low, both.high) == pytest.approx((one.value, one.low, one.high))
    assert both.shares == one.shares and both.rows_tested == 2 * one.rows_tested
    assert apart.high - apart.low < 0.9 * (both.high - both.low)


@pytest.mark.parametrize("rule", list(Rule))
def test_identical_candidates_get_the_estimate_of_one(rule: Rule) -> None:
    one, many = (sweep_of(hard_rows(3, 17, 40), values=values) for values in ([5], [1, 5, 9]))
    assert estimate_of(many, rule=rule).value == pytest.approx(estimate_of(one, rule=rule).value)
    shares = estimate_of(many, rule=rule).shares
    assert shares == {named(k): float(k == (5 if rule is Rule.HIGHEST_MEAN else 9)) for k in (1, 5, 9)}


def test_choosing_among_noise_is_corrected() -> None:
    tables: dict[int, np.ndarray] = {}

    def by_row(k: int, test: np.ndarray, _draw: np.random.Generator) -> np.ndarray:
        table = tables.setdefault(k, np.random.default_rng(k).random(60) < 0.5)
        return table[test]

    sweep = sweep_of(by_row, values=range(1, 31))
    best = board_of(sweep).rows[0].score
    assert best > 0.6
    assert abs(estimate_of(sweep).value - 0.5) < abs(best - 0.5)


@pytest.mark.parametrize("rule", list(Rule))
def test_the_vectorised_rule_chooses_as_a_loop_over_resamples_does(rule: Rule) -> None:
    sweep = sweep_of(chance(0.85), values=[1, 3, 5, 7, 9], seeds=5)
    runs, predictions, axes = sweep
    found = estimate_choice(predictions, board_of(sweep), rule, resamples=40, seed=7)
    rows = np.unique(predictions["row"])
    drawn = np.random.default_rng(7).integers(0, len(rows), (40, len(rows)))
    predictions = predictions.assign(right=1.0 * (predictions["truth"] == predictions["prediction"]))
    chosen, scores = [], []
    for draw in drawn:
        weight = predictions["row"].map(dict(zip(rows, np.bincount(draw, minlength=len(rows)), strict=True)))
        each = predictions.assign(top=weight * predictions["right"], weight=weight).groupby(["candidate", "seed"])
        sums = each[["top", "weight"]].sum()
        drawn_runs = runs.set_index(["candidate", "seed"]).assign(**{"metrics.accuracy": sums["top"] / sums["weight"]})
        board = rank_runs(drawn_runs.reset_index(), "accuracy", planned_seeds=range(5), axes=axes)
        chosen.append(choose(board, rule).candidate)
        scores.append(predictions[(weight == 0) & (predictions["candidate"] == chosen[-1])]["right"].mean())
    assert found is not None
    assert found.value == pytest.approx(np.mean(scores))
    assert found.shares == {name: chosen.count(name) / 40 for name in found.shares}


def test_what_is_no_function_of_rows_has_no_estimate() -> None:
    sweep = sweep_of(chance(0.9), values=[1, 3])
    assert estimate_choice(sweep[1], board_of(sweep, "fit_seconds")) is None


def test_the_score_of_a_class_is_corrected_under_the_name_that_its_metric_has() -> None:
    runs, predictions, axes = sweep_of(chance(0.9), values=[1, 3])
    predictions = predictions.replace({"truth": {"1": "a/b"}, "prediction": {"1": "a/b"}})
    predictions = predictions.rename(columns={"probability/1": "probability/a/b"})
    runs = runs.rename(columns={"metrics.accuracy": "metrics.recall/a_b"})
    board = rank_runs(runs, "recall/a_b", planned_seeds=range(10), axes=axes)
    found = estimate_choice(predictions, board, resamples=200)
    assert found is not None
    assert found.value == pytest.approx(0.9, abs=0.1)


def test_where_all_is_right_the_interval_still_has_a_width() -> None:
    found = estimate_of(sweep_of(hard_rows(), values=[1, 3]))
    expected = wilson_interval(found.rows_tested, found.rows_tested)
    assert (found.value, found.low, found.high, found.method) == (1.0, expected.low, 1.0, "wilson")


def test_rows_never_tested_are_counted() -> None:
    sweep = sweep_of(chance(0.9), values=[1, 3], seeds=2)
    found = estimate_of(sweep)
    assert found.rows_tested == sweep[1]["row"].nunique()
    assert found.rows_tested + found.rows_never_tested == 60


@settings(max_examples=15)
@given(st.integers(0, 999), st.sampled_from(list(Rule)), st.sampled_from([(1, 3, 5), (5,), (2, 4)]))
def test_the_order_of_runs_seeds_and_rows_never_matters(seed: int, rule: Rule, values: tuple[int, ...]) -> None:
    runs, predictions, axes = sweep_of(chance(0.8), values=values, seeds=5, rows=20, tested=6, seed=seed)
    mixed = runs.sample(frac=1, random_state=seed), predictions.sample(frac=1, random_state=seed + 1), axes
    plain, shuffled = (board_of(sweep) for sweep in ((runs, predictions, axes), mixed))
    assert choose(plain, rule) == choose(shuffled, rule)
    found = estimate_of((runs, predictions, axes), rule=rule)
    assert found == estimate_of(mixed, rule=rule)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    assert found.low < found.high
    assert sum(found.shares.values()) == pytest.approx(1)


def test_candidates_that_do_not_compete_are_never_chosen() -> None:
    runs, predictions, axes = sweep_of(lambda k, test, draw: draw.random(len(test)) < k / 10, values=[5, 7, 9])
    runs.loc[(runs["candidate"] == named(9)) & (runs["seed"] == 3), "metrics.accuracy"] = np.nan
    predictions = predictions[(predictions["candidate"] != named(9)) | (predictions["seed"] != 3)]  # nor is it computed
    assert set(estimate_of((runs, predictions, axes)).shares) == {named(5), named(7)}


def test_an_estimate_of_three_hundred_runs_takes_no_time() -> None:
    sweep = sweep_of(chance(0.95), values=range(1, 31), rows=120, tested=24)
    board, start = board_of(sweep), time.process_time()
    estimate_choice(sweep[1], board)
    assert time.process_time() - start < 2  # 0.15 s on an idle machine
