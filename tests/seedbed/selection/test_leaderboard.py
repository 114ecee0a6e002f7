"""A leaderboard says of each candidate how good it is, how sure that is, and who does not compete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import BadInput
from seedbed.records.records import SweepRecord
from seedbed.selection.inference import corrected_error, corrected_interval, holm, paired_difference, wilson_interval
from seedbed.selection.leaderboard import Leaderboard, find_dummy, metric_names, rank_runs, rank_sweep
from seedbed.selection.scores import Basis

KEY = "estimator.n_neighbors"
tables = st.integers(1, 6).flatmap(
    lambda seeds: st.lists(
        st.lists(
            st.one_of(st.integers(18, 24).map(lambda right: right / 24), st.just(float("nan"))),
            min_size=seeds,
            max_size=seeds,
        ),
        min_size=1,
        max_size=6,
    )
)


def runs_of(scores: Mapping[Any, Sequence[float]], metric: str = "accuracy", key: str = KEY) -> pd.DataFrame:
    """One run a value and seed; "dummy" as a value is the dummy classifier."""
    return pd.DataFrame(
        [
            {
                "run": f"{value}-{seed}",
                "candidate": "dummy" if value == "dummy" else f"{value:0>16}",
                "seed": seed,
                "n_train": 96,
                "n_test": 24,
                f"params.{key}": None if value == "dummy" else value,
                f"metrics.{metric}": score,
                "metrics.train_accuracy": 0.9 + seed / 1000,
                "metrics.n_train": 96.0,
            }
            for value, row in scores.items()
            for seed, score in enumerate(row)
        ]
    )


def board(scores: Mapping[Any, Sequence[float]], metric: str = "accuracy", **more: Any) -> Leaderboard:
    planned = range(max(map(len, scores.values())))
    axes = {KEY: [value for value in scores if value != "dummy"]}
    return rank_runs(runs_of(scores, metric), metric, **({"planned_seeds": planned, "axes": axes} | more))


GOOD = [0.95, 0.97, 0.93, 0.99, 0.96, 0.94]
WORSE = [0.91, 0.95, 0.90, 0.94, 0.93, 0.92]


def test_a_row_has_its_mean_with_the_corrected_error_and_interval() -> None:
    row = board({5: GOOD, 9: WORSE}).rows[0]
    interval = corrected_interval(np.array(GOOD), 0.25)
    assert interval is not None
    assert (row.label, row.values, row.basis) == ("k = 5", {KEY: 5}, Basis.SPLITS)
    assert row.score == pytest.approx(np.mean(GOOD))
    assert row.error == pytest.approx(float(corrected_error(np.array(GOOD), 0.25)))
    assert (row.low, row.high) == pytest.approx((interval.low, min(1.0, interval.high)))
    assert (row.minimum, row.maximum, row.seeds, row.scores) == (0.93, 0.99, (0, 1, 2, 3, 4, 5), tuple(GOOD))
    assert row.train_accuracy == pytest.approx(0.9025)


def test_a_difference_is_paired_with_the_leader() -> None:
    first, second = board({5: GOOD, 9: WORSE}).rows
    expected = paired_difference(np.array(WORSE) - np.array(GOOD), 0.25)
    assert first.difference is None
    assert second.difference is not None
    assert expected is not None
    assert (second.difference.mean, second.difference.p) == (expected.mean, expected.p)
    assert (second.difference.low, second.difference.high) == (expected.interval.low, expected.interval.high)


def test_p_values_are_adjusted_without_the_dummy_and_without_identical_ones() -> None:
    scores = {
        1: GOOD,
        2: GOOD,
        3: WORSE,
        4: [value - 0.02 for value in WORSE[::-1]],
        "dummy": [0.3, 0.31, 0.3, 0.33, 0.3, 0.3],
    }
    found = board(scores)
    differences = {row.label: row.difference for row in found.rows if row.difference}
    assert differences["k = 2"].basis is Basis.IDENTICAL
    assert (differences["k = 2"].p, differences["k = 2"].holm) == (None, None)
    tested = [differences[name] for name in ("k = 3", "k = 4")]
    assert [one.holm for one in tested] == holm([one.p or 0.0 for one in tested])
    assert found.dummy is not None
    assert found.dummy.difference is not None
    assert found.dummy.difference.p is not None
    assert found.dummy.difference.holm is None


def test_a_difference_too_sure_for_a_double_is_clear() -> None:
    near = [0.95 + seed % 7 / 1000 for seed in range(400)]
    far = [0.20 + seed % 5 / 1000 for seed in range(400)]
    found = board({5: near, 9: far, 11: near[::-1]})
    (worse,) = [row for row in found.rows if row.label == "k = 9"]
    assert worse.difference is not None and worse.difference.holm == 0.0
    assert found.significantly_worse() == (worse,)


def test_one_seed_has_wilsons_interval_of_that_split_and_no_test() -> None:
    first, second = board({5: [23 / 24], 9: [20 / 24]}).rows
    expected = wilson_interval(23, 24)
    assert (first.basis, first.error) == (Basis.ONE_SPLIT, None)
    assert (first.low, first.high) == pytest.approx((expected.low, expected.high))
    assert second.difference is not None
    assert (second.difference.basis, second.difference.low, second.difference.p) == (Basis.ONE_SPLIT, None, None)


@pytest.mark.parametrize("seeds", [2, 3, 4])
def test_too_few_seeds_have_the_range_alone(seeds: int) -> None:
    first, second = board({5: GOOD[:seeds], 9: WORSE[:seeds]}).rows
    assert (first.basis, first.error, first.low, first.high) == (Basis.TOO_FEW, None, None, None)
    assert (first.minimum, first.maximum) == (min(GOOD[:seeds]), max(GOOD[:seeds]))
    assert second.difference is not None
    assert second.difference.basis is Basis.TOO_FEW
    assert (second.difference.error, second.difference.low, second.difference.p) == (None, None, None)


def test_equal_scores_have_wilsons_interval_of_the_distinct_rows() -> None:
    predictions = pd.DataFrame(
        {
            "candidate": f"{5:0>16}",
            "row": [*range(60), *range(40)],
            "truth": "a",
            "prediction": "a",
            "probability/a": 1.0,
        }
    )
    row = board({5: [1.0] * 5}, predictions=predictions).rows[0]
    expected = wilson_interval(60, 60)
    assert (row.basis, row.error) == (Basis.EQUAL, None)
    assert (row.low, row.high) == (expected.low, expected.high)


def test_a_difference_that_is_the_same_on_every_split_has_no_interval() -> None:
    second = board({5: GOOD, 9: [value - 0.05 for value in GOOD]}).rows[1]
    assert second.difference is not None
    assert (second.difference.basis, second.difference.low, second.difference.p) == (Basis.CONSTANT, None, None)


def test_times_have_a_median_and_a_range_and_no_test() -> None:
    found = board({5: [0.1, 0.2, 9.0, 0.1, 0.2], 9: [0.3] * 5}, "fit_seconds")
    first, second = found.rows
    assert (first.label, first.score, first.basis, first.low) == ("k = 5", 0.2, Basis.TIMES, None)
    assert second.difference is not None
    assert (second.difference.basis, second.difference.p) == (Basis.TIMES, None)
    assert "median" in found.frame()


def test_the_lower_loss_leads_and_its_interval_does_not_end_at_one() -> None:
    found = board({5: [0.9, 1.4, 0.8, 1.3, 1.1], 9: [0.3, 0.2, 0.4, 0.3, 0.2]}, "log_loss")
    assert (found.metric.better, [row.label for row in found.rows]) == ("lower", ["k = 9", "k = 5"])
    assert (found.rows[1].high or 0) > 1.1


def test_a_perfect_loss_has_no_interval_rather_than_one_without_width() -> None:
    row = board({5: [2e-16] * 6}, "log_loss").rows[0]
    assert (row.basis, row.low, row.high) == (Basis.EQUAL, None, None)


@pytest.mark.parametrize("seeds", [1, 3, 6])
def test_what_is_not_a_mean_over_rows_has_no_interval_over_seeds(seeds: int) -> None:
    first, second = board({5: GOOD[:seeds], 9: WORSE[:seeds]}, "macro_f1").rows
    assert (first.basis, first.error, first.low, first.high) == (Basis.NOT_OF_ROWS, None, None, None)
    assert second.difference is not None and second.difference.mean < 0
    assert (second.difference.basis, second.difference.low, second.difference.holm) == (Basis.NOT_OF_ROWS, None, None)


def test_equal_means_are_led_by_the_middle_one() -> None:
    found = board({1: WORSE, 3: GOOD, 5: GOOD[::-1], 7: GOOD, 9: GOOD})
    assert [row.label for row in found.rows] == ["k = 5", "k = 3", "k = 7", "k = 9", "k = 1"]


def test_unordered_equals_are_led_by_the_configs_first() -> None:
    runs = runs_of({"uniform": GOOD, "distance": GOOD}, key="estimator.weights")
    found = rank_runs(runs, "accuracy", planned_seeds=range(6), axes={"estimator.weights": ["uniform", "distance"]})
    assert [row.label for row in found.rows] == ["weights = uniform", "weights = distance"]


def test_who_lacks_a_seed_a_score_or_every_run_is_listed_and_does_not_compete() -> None:
    scores = {1: WORSE, 3: GOOD[:4], 5: [1.0, 1.0, float("nan"), 1.0, 1.0, float("inf")], "dummy": [0.3] * 6}
    found = rank_runs(runs_of(scores), "accuracy", planned_seeds=range(6), axes={KEY: [1, 3, 5, 7]})
    assert [row.label for row in found.rows] == ["k = 1"]
    assert [(one.label, one.finished, one.reason) for one in found.incomplete] == [
        ("k = 3", 4, "4 of 6 seeds finished"),
        ("k = 5", 6, "no score on seed 2, 5"),
        ("k = 7", 0, "no seed finished"),
    ]
    assert found.incomplete[-1].candidate is None


def test_a_seed_on_which_nobody_has_a_score_is_left_out_for_all() -> None:
    nan = float("nan")
    found = board({1: [nan, *GOOD], 3: [nan, *WORSE]}, "recall/Rare")
    assert (len(found.rows), found.undefined_seeds, found.seeds) == (2, (0,), (1, 2, 3, 4, 5, 6))


def test_nobody_leads_where_nobody_is_complete() -> None:
    found = board({1: [float("nan")] * 3})
    assert (found.rows, found.leader) == ((), None)
    assert len(found.frame()) == 1
    assert rank_runs(runs_of({1: GOOD}).iloc[:0], "accuracy", planned_seeds=[0], axes={}).leader is None


def test_an_unknown_metric_lists_the_known() -> None:
    with pytest.raises(BadInput, match="There is no metric speed; there is accuracy"):
        rank_runs(runs_of({1: GOOD}), "speed", planned_seeds=[0], axes={})
    assert metric_names(runs_of({1: GOOD})) == ["accuracy"]


def test_runs_outside_the_plan_and_runs_done_twice_change_nothing() -> None:
    runs = runs_of({5: GOOD, 9: WORSE})
    twice = runs.iloc[:3].assign(run="z", **{"metrics.accuracy": 0.1})
    beyond = runs.iloc[:1].assign(seed=99, **{"metrics.accuracy": 0.0})
    more = pd.concat([twice, runs, beyond], ignore_index=True)
    found, plain = (rank_runs(one, "accuracy", planned_seeds=range(6), axes={KEY: [5, 9]}) for one in (more, runs))
    assert found.rows == plain.rows


def test_the_table_has_every_row_and_marks_the_chosen() -> None:
    found = board({1: WORSE, 3: GOOD, 5: GOOD[:3], "dummy": [0.3] * 6})
    table = found.frame(rule="highest_mean", chosen=found.rows[0].candidate)
    assert table["candidate"].tolist() == [f"{value:0>16}" for value in (3, 1)] + ["dummy", f"{5:0>16}"]
    assert set(table["metric"]) == {"accuracy"}
    assert set(table["rule"]) == {"highest_mean"}
    assert table["note"].tolist()[0] == "before correction for the choice; corrected for splits of the same rows"
    assert table["note"].tolist()[-1] == "incomplete: 3 of 6 seeds finished"


@settings(max_examples=40)
@given(tables, st.integers(0, 2**32 - 1))
def test_the_order_of_runs_and_seeds_never_matters(table: list[list[float]], seed: int) -> None:
    scores = {2 * place + 1: row for place, row in enumerate(table)}
    runs, axes, seeds = runs_of(scores), {KEY: list(scores)}, len(table[0])
    shuffled = runs.sample(frac=1, random_state=np.random.RandomState(seed))
    found = rank_runs(runs, "accuracy", planned_seeds=range(seeds), axes=axes)
    again = rank_runs(shuffled, "accuracy", planned_seeds=range(seeds)[::-1], axes=axes)
    assert found.rows == again.rows
    assert found.incomplete == again.incomplete


@settings(max_examples=40)
@given(tables)
def test_intervals_contain_their_mean_and_have_a_width_and_nan_competes_nowhere(table: list[list[float]]) -> None:
    found = board({2 * place + 1: row for place, row in enumerate(table)})
    for row in found.rows:
        assert not np.isnan(row.scores).any()
        for one in (row, row.difference):
            if one is not None and one.low is not None and one.high is not None:
                assert one.low <= (row.score if one is row else one.mean) <= one.high  # type: ignore[union-attr]
                assert one.low < one.high
    assert len(found.rows) + len(found.incomplete) == len(table)


def test_the_dummy_is_scored_by_its_predictions() -> None:
    draw = np.random.default_rng(0)
    tests = pd.DataFrame({"seed": np.repeat([0, 1, 2], 6), "row": [*range(6)] * 3, "truth": draw.choice([*"ab"], 18)})
    predictions = tests.assign(candidate="dummy", run="", prediction="a")
    runs = pd.DataFrame({"run": ["r"] * 3, "candidate": "c0", "seed": [2, 0, 1], "n_train": 6, "n_test": 6})
    runs = runs.assign(**{"metrics.accuracy": 0.5, "metrics.fit_seconds": 0.1})
    sweep = SweepRecord(run_id="s", name="s", digest="d", runs=runs, predictions=predictions, axes={}, seeds=[0, 1, 2])
    found = rank_sweep(sweep, "accuracy").dummy
    assert found is not None and found.seeds == (0, 1, 2)
    assert list(found.scores) == (tests["truth"] == "a").groupby(tests["seed"]).mean().tolist()
    assert find_dummy(predictions[predictions["candidate"] == "c0"], runs).empty
