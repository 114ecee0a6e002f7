"""Draws of rows: the choice made on those drawn, scored on those not drawn, alone or against a champion."""

from __future__ import annotations

import numpy as np
import pytest

from seedbed.data.arrays import Codes, Floats
from seedbed.metrics.metric import ACCURACY
from seedbed.metrics.predictions import SplitPredictions, SweepPredictions, make_scorer
from seedbed.selection.bbc import _BLOCK, draw_out_of_bag

ROWS, SPLITS, CANDIDATES = 40, 4, 6


def predictions(seed: int = 0) -> SweepPredictions:
    random, splits = np.random.default_rng(seed), []
    truth = random.integers(0, 2, ROWS)
    for _ in range(SPLITS):
        rows = np.sort(random.choice(ROWS, 15, replace=False))
        told = random.integers(0, 2, (15, CANDIDATES))
        splits.append(SplitPredictions(rows, truth[rows][:, None], told, np.full(told.shape, np.nan)))
    return SweepPredictions(tuple("abcdef"), np.arange(ROWS), ("0", "1"), tuple(splits))


def pick(scores: Floats) -> Codes:
    assert scores.shape[-1] == CANDIDATES - 1, "the champion is not chosen from"
    return np.asarray(np.nanmean(scores, axis=0).argmax(axis=-1))


def test_the_difference_to_the_last_candidate_is_that_of_a_loop_over_draws() -> None:
    tests, seed = predictions(), 5
    scorer = make_scorer(ACCURACY, tests.classes)
    assert scorer is not None
    chosen, found = draw_out_of_bag(tests, scorer, pick, 50, seed, against_last=True)
    drawn = np.random.default_rng(seed).integers(0, ROWS, size=(50, ROWS))
    for number in range(50):
        right = {"choice": [], "champion": []}
        for split in tests.splits:
            left = ~np.isin(split.index, drawn[number])
            hits = split.prediction[left] == split.truth[left]
            right["choice"] += hits[:, chosen[number]].tolist()
            right["champion"] += hits[:, -1].tolist()
        assert found[number] == pytest.approx(np.mean(right["choice"]) - np.mean(right["champion"]))


def test_a_choice_that_is_the_champion_differs_by_nothing() -> None:
    tests = predictions()
    splits = tuple(
        SplitPredictions(one.index, one.truth, one.prediction[:, [0] * CANDIDATES], one.truth_probability)
        for one in tests.splits
    )
    scorer = make_scorer(ACCURACY, tests.classes)
    assert scorer is not None
    same = SweepPredictions(tests.candidates, tests.rows, tests.classes, splits)
    assert draw_out_of_bag(same, scorer, pick, 20, 1, against_last=True)[1].tolist() == [0.0] * 20


def test_draws_are_made_in_blocks_by_all_tests_together() -> None:
    rows, splits = np.arange(1000), 100
    one = SplitPredictions(rows, np.zeros((1000, 1), int), np.zeros((1000, 1), int), np.full((1000, 1), np.nan))
    tests, asked = SweepPredictions(("a",), rows, ("0", "1"), (one,) * splits), []
    scorer = make_scorer(ACCURACY, tests.classes)
    assert scorer is not None

    def note(scores: Floats) -> Codes:
        asked.append(scores.shape[1])
        return np.zeros(scores.shape[1], int)

    draw_out_of_bag(tests, scorer, note, 50, 0)
    assert max(asked) * splits * len(rows) <= _BLOCK and sum(asked) == 50
