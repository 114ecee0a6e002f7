"""Families are compared by what their choices score on rows not drawn, so that more settings are no advantage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.config.candidate import FAMILY
from seedbed.config.schema import Selection
from seedbed.errors import BadInput
from seedbed.metrics.metric import ACCURACY
from seedbed.records.records import SweepRecord
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.choice import estimate_choice
from seedbed.selection.families import FamilyComparison, compare_families, widen
from seedbed.selection.leaderboard import rank_sweep
from seedbed.selection.scores import Basis, Difference, compare_scores, score_candidate

THREE = {"knn": {"n_neighbors": [1, 3, 5, 7, 9]}, "logistic": {"C": [0.1, 1.0]}, "naive_bayes": {}}
FEW = settings(max_examples=4)
Make = Callable[..., SweepRecord]


def compared(sweep: SweepRecord, **selection: Any) -> FamilyComparison:
    chosen = Selection(**selection)
    found = compare_families(sweep, rank_sweep(sweep, chosen.metric), chosen)
    assert found is not None
    return found


def analyzed(sweep: SweepRecord, **selection: Any) -> SweepAnalysis:
    return analyze_sweep("wine", sweep, Selection(**selection), lambda candidate: None)


def wrong_by(**shares: float) -> Callable[..., float]:
    """Each family is wrong so often."""
    return lambda name, **values: shares[name]


def paired(own: Sequence[float], other: Sequence[float]) -> Difference:
    one, two = (score_candidate(ACCURACY, dict(enumerate(scores)), test_train_ratio=0.25) for scores in (own, other))
    return compare_scores(ACCURACY, one, two)


# Mathematics

SCORES = st.lists(st.floats(0.4, 0.6), min_size=6, max_size=6)
DRAWS = st.lists(st.floats(-0.4, 0.4) | st.just(float("nan")), min_size=3, max_size=40).filter(
    lambda draws: not np.isnan(draws).all()
)


@given(SCORES, SCORES, DRAWS)
def test_the_difference_is_in_its_interval_and_turned_round_the_other_ways(
    own: list[float], other: list[float], draws: list[float]
) -> None:
    found, turned = widen(paired(own, other), np.array(draws)), widen(paired(other, own), -np.array(draws))
    assert found.low is not None and found.high is not None and turned.low is not None and turned.high is not None
    assert found.low <= found.mean <= found.high
    assert (turned.mean, turned.low, turned.high) == pytest.approx((-found.mean, -found.high, -found.low))
    assert found.has_zero == turned.has_zero


@given(SCORES, SCORES, DRAWS)
def test_the_interval_is_the_wider_of_both_and_of_the_draws_alone_where_splits_say_nothing(
    own: list[float], other: list[float], draws: list[float]
) -> None:
    splits, known = paired(own, other), np.array(draws)[~np.isnan(draws)]
    found = widen(splits, np.array(draws))
    assert found.low is not None and found.high is not None
    if splits.basis is Basis.SPLITS and splits.low is not None:
        half = splits.mean - splits.low
        low, high = np.percentile(known, [5, 95])
        assert found.low == pytest.approx(min(low, known.mean() - half))
        assert found.high == pytest.approx(max(high, known.mean() + half))
    for alone in (paired(own[:4], other[:4]), paired(own, own)):
        within = widen(alone, np.array(draws))
        low, high = np.percentile(known, [2.5, 97.5])
        assert (within.low, within.high) == pytest.approx((min(low, known.mean()), max(high, known.mean())))


@FEW
@given(st.randoms(use_true_random=False), st.permutations(list(THREE)), st.integers(0, 5))
def test_neither_the_order_of_candidates_nor_that_of_families_matters(
    make_families: Make, random: Any, names: list[str], shift: int
) -> None:
    wrong = wrong_by(knn=0.2, logistic=0.25, naive_bayes=0.3)
    sweep = make_families(THREE, wrong=wrong)
    order = random.sample(range(len(sweep.runs)), len(sweep.runs))
    other = replace(
        sweep,
        runs=sweep.runs.iloc[order].reset_index(drop=True),
        predictions=sweep.predictions.iloc[np.roll(np.arange(len(sweep.predictions)), shift)],
        axes={**sweep.axes, FAMILY: names},
    )
    one, two = ({family.name: family for family in compared(each).families} for each in (sweep, other))
    for name, family in one.items():
        same = two[name]
        assert (same.score, same.low, same.high, same.share, same.winner.candidate) == pytest.approx(
            (family.score, family.low, family.high, family.share, family.winner.candidate)
        )
    assert compared(sweep).families[0].name == compared(other).families[0].name


@FEW
@given(st.integers(0, 10_000))
def test_a_family_beside_others_scores_as_alone(make_families: Make, number: int) -> None:
    share = 0.1 + number % 4 / 10
    sweep = make_families(THREE, wrong=wrong_by(knn=share, logistic=0.25, naive_bayes=0.3))
    for family in compared(sweep).families:
        runs = sweep.runs[sweep.runs[f"params.{FAMILY}"] == family.name]
        predictions = sweep.predictions[sweep.predictions["candidate"].isin([*runs["candidate"], "dummy"])]
        alone = replace(sweep, runs=runs, predictions=predictions)
        board = rank_sweep(alone, "accuracy")
        found = estimate_choice(predictions, board)
        assert compare_families(alone, board, Selection()) is None
        assert found is not None and (found.value, found.low, found.high) == (family.score, family.low, family.high)


@FEW
@given(st.integers(2, 8), st.floats(0.05, 0.4))
def test_more_settings_that_are_all_the_same_gain_nothing(make_families: Make, settings_: int, share: float) -> None:
    grids = {"knn": {"n_neighbors": list(range(1, settings_ + 1))}, "naive_bayes": {}}
    sweep = make_families(grids, wrong=lambda **values: share)
    one = sweep.runs["candidate"].iloc[-1]
    tests = sweep.predictions[sweep.predictions["candidate"] == one]
    same = [tests.assign(candidate=name) for name in sweep.runs["candidate"].unique()]
    scores = sweep.runs.groupby("seed")["metrics.accuracy"].transform("last")
    predictions = sweep.predictions[sweep.predictions["candidate"] == "dummy"]
    found = compared(
        replace(
            sweep,
            predictions=pd.concat([predictions, *same]),
            runs=sweep.runs.assign(**{"metrics.accuracy": scores}),
        )
    )
    large, small = found.families
    assert large.score == small.score and large.share == small.share == 0.5
    assert small.difference is not None and small.difference.mean == 0 and small.difference.has_zero
    assert large.name == "knn", "of equal ones the first as the sweep names them"


def test_many_lucky_settings_have_the_best_mean_and_are_not_served(make_families: Make) -> None:
    found = analyzed(make_lucky(make_families))
    assert found.families is not None and found.choice is not None and found.estimate is not None
    leader = found.leaderboard.leader
    assert leader is not None and leader.values[FAMILY] == "knn"
    assert found.choice.row.values[FAMILY] == found.families.families[0].name == "naive_bayes"
    assert f"than {leader.label}, whose mean leads" in found.words
    assert found.choice.leader is found.choice.row and found.choice.given_up == 0


def test_what_to_expect_is_the_familys_score_within_both_intervals(make_families: Make) -> None:
    sweep = make_lucky(make_families)
    found, board = compared(sweep), rank_sweep(sweep, "accuracy")
    every = estimate_choice(sweep.predictions, board)
    assert every is not None and found.estimate.value == found.served.score
    assert found.estimate.low == min(x for x in (every.low, found.served.low) if x is not None)
    assert found.estimate.high == max(x for x in (every.high, found.served.high) if x is not None)
    own = [name for name, share in found.estimate.shares.items() if board.row(name).values[FAMILY] == "knn"]
    assert sum(found.estimate.shares[name] for name in own) == pytest.approx(1)


def make_lucky(make_families: Make) -> SweepRecord:
    """A sweep of 20 settings that are all luck, and of one candidate that is truly better."""
    grids: Mapping[str, Any] = {"knn": {"n_neighbors": list(range(1, 21))}, "naive_bayes": {}}
    return make_families(grids, wrong=wrong_by(knn=0.4, naive_bayes=0.3), seeds=6)


# Keys

TWO = {"logistic": {"C": [0.1, 1.0]}, "naive_bayes": {}}


def test_a_tolerance_serves_the_first_of_the_order_that_is_near_enough(make_families: Make) -> None:
    sweep = make_families(THREE, wrong=wrong_by(knn=0.2, logistic=0.22, naive_bayes=0.5))
    best = compared(sweep)
    behind = {one.name: -one.difference.mean if one.difference else 0.0 for one in best.families}
    second = sorted(behind, key=lambda name: behind[name])[1]
    for order, tolerance, served in (
        ([second], behind[second] + 1e-6, second),
        ([second], behind[second] - 1e-6, best.served.name),
        (["naive_bayes", second], behind[second], second),
        (["tree"], 1.0, best.served.name),
        ([], 1.0, "knn"),
    ):
        assert compared(sweep, tolerance=tolerance, order=order).served.name == served
    found = analyzed(sweep, tolerance=1.0, order=["naive_bayes"])
    assert found.choice is not None and found.choice.row.label == "naive_bayes"
    assert "naive_bayes differs by −" in found.words and "is the first of the order within 1" in found.words
    assert best.families[0].name == found.families.families[0].name if found.families else False


def test_a_loss_is_better_when_lower(make_families: Make) -> None:
    sweep = make_families(TWO, wrong=wrong_by(logistic=0.1, naive_bayes=0.4))
    sweep.runs["metrics.log_loss"] = [0.3 if name == "logistic" else 1.0 for name in sweep.runs[f"params.{FAMILY}"]]
    found = compared(sweep, metric="log_loss")
    leader, other = found.families
    assert leader.name == "logistic" and other.score > leader.score
    assert other.difference is not None and other.difference.mean > 0
    assert compared(sweep, metric="log_loss", tolerance=0.0, order=["naive_bayes"]).served.name == "logistic"


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        ({"tolerance": 0.01, "order": ["knn", "forrest"]}, "selection.order=forrest is not valid: expected families"),
        ({"tolerance": 0.01, "metric": "fit_seconds"}, "selection.tolerance goes by scores of rows, which fit_seconds"),
    ],
)
def test_what_cannot_be_gone_by_is_refused(make_families: Make, selection: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        compared(make_families(THREE), **selection)


def test_times_rank_families_by_their_best(make_families: Make) -> None:
    found = analyzed(make_families(THREE), metric="fit_seconds")
    assert found.families is None and found.choice is not None
    assert found.choice.row is found.leaderboard.leader and "families" not in found.words


def test_one_standard_error_goes_by_the_leading_family_alone(make_families: Make) -> None:
    grids = {"naive_bayes": {}, "logistic": {"C": [0.1, 1.0, 10.0]}}
    sweep = make_families(grids, wrong=wrong_by(logistic=0.6, naive_bayes=0.02), seeds=6)
    found = analyzed(sweep, rule="one_standard_error")
    assert found.choice is not None and found.choice.row.label == "naive_bayes" and found.choice.given_up == 0


# Words


def test_the_sentence_says_who_is_no_worse_and_who_is_faster(make_families: Make) -> None:
    sweep = make_families(THREE, wrong=wrong_by(knn=0.2, logistic=0.2, naive_bayes=0.95), seeds=8)
    slow = sweep.runs[f"params.{FAMILY}"] == compared(sweep).served.name
    sweep.runs["metrics.predict_seconds"] = np.where(slow, 0.3, 0.1)
    found = analyzed(sweep)
    assert found.families is not None
    (other,) = found.families.no_worse
    leader = found.families.families[0].name
    assert (
        f"of 3 families {leader} is the best on rows not drawn, and no worse as far as "
        f"{found.families.estimate.rows_tested} rows can tell: {other.name}; "
        f"faster to predict a row: {other.name} (3 times)"
    ) in found.words
    assert other.times["predict_seconds"] == pytest.approx(0.01)


def test_an_interval_that_models_make_too_narrow_is_said(make_families: Make) -> None:
    """On each split a family is all right or all wrong: rows that are drawn do not show that."""
    sweep = make_families(TWO, wrong=wrong_by(logistic=0.0, naive_bayes=0.0), seeds=6)
    odd = sweep.predictions["seed"] % 2 == 1
    others = {"Setosa": "Versicolor", "Versicolor": "Virginica", "Virginica": "Setosa"}
    wrong = odd & (sweep.predictions["candidate"] != "dummy")
    predictions = sweep.predictions.assign(
        prediction=sweep.predictions["prediction"].where(~wrong, sweep.predictions["truth"].map(others))
    )
    runs = sweep.runs.assign(**{"metrics.accuracy": 1.0 - sweep.runs["seed"].astype(int) % 2})
    found = analyzed(replace(sweep, predictions=predictions, runs=runs))
    assert found.families is not None and all(one.too_narrow for one in found.families.families)
    assert "%, too narrow: its scores vary more from split to split)" in found.words
    assert "too narrow" not in analyzed(sweep).words
