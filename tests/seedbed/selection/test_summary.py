"""The choice is said in one sentence that claims no more than the numbers do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seedbed.records.records import Holdout
from seedbed.selection.choice import CorrectedEstimate, Rule, choose
from seedbed.selection.leaderboard import Leaderboard, rank_runs
from seedbed.selection.summary import summarize_choice

NOISE = np.array([0.02, -0.02, 0.01, -0.01, 0.03, -0.03])
ESTIMATE = CorrectedEstimate(
    value=0.958,
    low=0.89,
    high=1.0,
    method="percentiles",
    shares={},
    resamples=2000,
    rows_tested=120,
    rows_never_tested=0,
)


def board(
    scores: dict[Any, Sequence[float]], metric: str = "accuracy", key: str = "estimator.n_neighbors"
) -> Leaderboard:
    runs = pd.DataFrame(
        [
            {
                "run": f"{k}-{seed}",
                "candidate": f"{k:0>16}",
                "seed": seed,
                f"params.{key}": k,
                f"metrics.{metric}": score,
            }
            for k, row in scores.items()
            for seed, score in enumerate(row)
        ]
    ).assign(n_train=96, n_test=24)
    seeds = range(len(next(iter(scores.values()))))
    return rank_runs(runs, metric, planned_seeds=seeds, axes={key: list(scores)})


def said(found: Leaderboard, *, rule: str = Rule.HIGHEST_MEAN, holdout: Holdout | None = None, **more: Any) -> str:
    return summarize_choice(choose(found, rule), replace(ESTIMATE, **more), found, holdout)


CLOSE = {1: 0.94 + NOISE[::-1], 11: 0.95 + NOISE, 30: 0.945 + NOISE[::-1]}


def test_the_sentence_follows_its_pattern() -> None:
    assert said(board(CLOSE), holdout=Holdout(rows=30, right=30)) == (
        "k = 11 has the highest mean accuracy over 6 splits, 95.0 %; corrected for picking it among 3, expect 95.8 % "
        "(95 % interval 89 to 100 %); on 30 holdout rows it got 30 right; no k from 1 to 30 is "
        "significantly worse."
    )


def test_a_large_holdout_comes_first_with_its_interval() -> None:
    words = said(board(CLOSE), holdout=Holdout(rows=400, right=390))
    assert "; on 400 holdout rows it got 390 right (95 to 99 %); corrected for" in words


def test_who_is_clearly_worse_is_named() -> None:
    scores = {k: (0.95 if k == 5 else 0.5 if k > 5 else 0.949) + NOISE[:: 1 if k == 5 else -1] for k in range(4, 9)}
    assert said(board(scores)).endswith("; 3 of the other 4 are significantly worse (k = 6 to 8).")


def test_a_tie_is_said() -> None:
    words = said(board(dict.fromkeys((3, 5, 7), 0.9 + NOISE)))
    assert words.startswith("k = 5, the middle of 3 tied, has the highest")
    words = said(board(dict.fromkeys(("uniform", "distance"), 0.9 + NOISE), key="estimator.weights"))
    assert words.startswith("weights = uniform, one of 2 tied, has the highest")
    assert words.endswith("; no other candidate is significantly worse.")


def test_one_standard_error_says_what_it_gives_up() -> None:
    words = said(board({1: 0.9 + NOISE, 5: 0.95 + NOISE, 7: 0.945 + NOISE[::-1]}), rule=Rule.ONE_STANDARD_ERROR)
    assert words.startswith(
        "k = 7 is the simplest within one standard error of k = 5, which has the highest mean accuracy over 6 splits, "
        "95.0 %: it has 94.5 % and gives up 0.5 points;"
    )


@pytest.mark.parametrize(("seeds", "words"), [(1, "one seed is too few"), (3, "3 seeds are too few")])
def test_too_few_seeds_tell_nobody_apart(seeds: int, words: str) -> None:
    found = said(board({k: row[:seeds] for k, row in CLOSE.items()}))
    assert f"{words} to say which others are significantly worse" in found
    assert ("over one split" in found) == (seeds == 1)


def test_one_candidate_is_not_picked() -> None:
    words = said(board({5: 0.95 + NOISE}), rows_never_tested=3)
    assert words == (
        "k = 5 has a mean accuracy over 6 splits of 95.0 %, with nothing to choose from; on rows not drawn, expect "
        "95.8 % (95 % interval 89 to 100 %), 3 rows never tested."
    )


def test_times_and_losses_have_their_own_units() -> None:
    times = board({1: [0.2] * 6, 5: [0.0123] * 6, 9: [0.3] * 6}, "fit_seconds")
    assert summarize_choice(choose(times), None, times) == (
        "k = 5 has the lowest median fit seconds over 6 splits, 0.0123 s; times are not tested."
    )
    losses = board({1: 0.9 + NOISE, 5: 0.5 + NOISE, 9: 0.6 + NOISE}, "log_loss")
    assert (
        "lowest mean log loss over 6 splits, 0.5; corrected for picking it among 3, expect 0.6 (95 % interval"
        in said(losses, value=0.6)
    )


def test_differences_of_what_is_not_a_mean_over_rows_are_not_tested() -> None:
    found = said(board(CLOSE, "mcc"), resamples=200)
    assert "highest mean mcc over 6 splits, 0.95; corrected for picking it among 3 (200 draws), expect 0.958" in found
    assert found.endswith("differences are not tested, since intervals over seeds are sound only for means over rows.")


def test_no_interval_no_parenthesis() -> None:
    assert "expect 95.8 %; no" in said(board(CLOSE), low=None, high=None)
