"""Draws of rows: the choice made on those drawn, scored on those not drawn, alone or against a champion."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from seedbed.data.arrays import Codes, Floats
from seedbed.metrics.metric import ACCURACY, find_metric
from seedbed.metrics.predictions import SplitPredictions, SweepPredictions, arrange_predictions, make_scorer
from seedbed.selection.bbc import _BLOCK, draw_out_of_bag, score_left

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


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_areas_are_averaged_within_splits_and_those_without_a_class_are_skipped(metric: str) -> None:
    random, frames = np.random.default_rng(3), []
    truth = random.permutation(np.r_[np.zeros(24, int), np.ones(6, int)])
    for split, candidate in itertools.product(range(SPLITS), range(3)):
        rows = np.sort(np.random.default_rng(split).choice(30, 12, replace=False))
        share = (random.random(12) + truth[rows]).round(1) / 2
        told = {"truth": truth[rows], "prediction": (share > 0.5).astype(int), "probability/0": 1 - share}
        frames.append(
            pd.DataFrame({"row": rows, **told, "probability/1": share}).assign(seed=split, candidate=candidate)
        )
    frame = pd.concat(frames).assign(run="r").astype({"candidate": str})
    tests = arrange_predictions(frame, list("012"), range(SPLITS))
    scorer, random = make_scorer(find_metric(metric), tests.classes), np.random.default_rng(9)
    assert scorer is not None
    left = (random.random((20, len(tests.rows))) < 0.37).astype(float)
    picked, skipped = random.integers(0, 3, 20), 0
    for draw, found in enumerate(score_left(tests, scorer, left, picked)):
        areas = []
        for _, one in frame[frame["candidate"] == str(picked[draw])].groupby("seed"):
            kept = one[one["row"].isin(tests.rows[left[draw] > 0])]
            if kept["truth"].nunique() < 2:
                skipped += 1
            elif metric == "roc_auc":
                areas.append(roc_auc_score(kept["truth"], kept["probability/1"]))
            else:
                shares = kept[["probability/0", "probability/1"]]
                areas.append(average_precision_score(np.eye(2)[kept["truth"]], shares))
        np.testing.assert_allclose(found, np.mean(areas) if areas else np.nan, atol=1e-12)
    assert skipped


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
