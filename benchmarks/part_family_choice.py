"""Whether a family with many settings leads one that is its equal, and whether the interval of a difference holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
from choice import EACH, PLANS, SEEDS, Plan, plan
from claims import Claim, Outcome
from populations import CLASSES, MOST, Codes, Floats, Population, by_distance, populations, votes
from progress import Say
from stores import Workshop
from threadpoolctl import threadpool_limits

from seedbed.config.candidate import FAMILY
from seedbed.metrics.metric import ACCURACY
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.metrics.predictions import SplitPredictions, SweepPredictions, make_scorer
from seedbed.records.records import PARAMS
from seedbed.selection.axes import NEIGHBORS
from seedbed.selection.bbc import draw_out_of_bag
from seedbed.selection.choice import SEED, Rule, make_pick
from seedbed.selection.families import widen
from seedbed.selection.leaderboard import Leaderboard, rank_runs
from seedbed.selection.scores import compare_scores, score_candidate

ORDER = 5
SIZES = {"tables": 120}
COMMAND = 'make bench ARGS="family_choice"'
RESAMPLES = 500
TRUTH = 333  # new rows of each class
SETTINGS = {"knn": MOST, "many": 60, "few": 3}  # of each family; the last two are the same but for their number
NEAR, KEPT, DRAW = 3, 0.6, "estimator.random_state"  # k of theirs, and on which share of the training rows


@dataclass(frozen=True)
class Pair:
    """Two families on one table: the first one's best mean minus the second's, the corrected difference, the truth."""

    best: float
    mean: float
    low: float
    high: float
    truth: float


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Simulate every population whose labels say something, on one core."""
    found = {}
    with threadpool_limits(1):
        for population in populations()[:-1]:
            say(f"choice of a family, {population.name}: {sizes['tables']} tables")
            random = np.random.default_rng([SEED, *population.name.encode()])
            found[population.name] = [compare(population, random, number) for number in range(sizes["tables"])]
    return outcome(found)


@cache
def board() -> Leaderboard:
    """Return a leaderboard of the same grids and splits: of it a rule needs the order, not the scores."""
    train, test = map(len, plan(0).parts[0])
    runs = [
        {"candidate": f"{name}-{number:02}", "seed": seed, PARAMS + FAMILY: name, PARAMS + key: number}
        for name, settings in SETTINGS.items()
        for key in [NEIGHBORS if name == "knn" else DRAW]
        for number in range(1, settings + 1)
        for seed in range(SEEDS)
    ]
    frame = pd.DataFrame(runs).assign(run="", n_train=train, n_test=test, **{METRIC_COLUMN + ACCURACY.name: 1.0})
    every = list(range(1, max(SETTINGS.values()) + 1))
    axes = {FAMILY: list(SETTINGS), NEIGHBORS: every[:MOST], DRAW: every}
    return rank_runs(frame, ACCURACY.name, planned_seeds=range(SEEDS), axes=axes)


def compare(population: Population, random: np.random.Generator, number: int) -> dict[str, Pair]:
    """Draw a table, sweep the families on it, and compare each two."""
    planned, leaderboard = plan(number % PLANS), board()
    features, labels = population.draw(random, EACH)
    tests = sweep(features[planned.development], labels[planned.development], planned, random)
    scorer = make_scorer(ACCURACY, tests.classes)
    picks = [make_pick(leaderboard, Rule.HIGHEST_MEAN, span) for span in leaderboard.spans.values()]
    _, draws = draw_out_of_bag(tests, scorer, lambda scores: np.stack([own(scores) for own in picks]), RESAMPLES, SEED)
    scores = np.stack([(split.prediction == split.truth).mean(axis=0) for split in tests.splits])
    winners = [int(own(scores[:, None, :])[0]) for own in picks]
    ratio = leaderboard.rows[0].test_train_ratio
    rows = [score_candidate(ACCURACY, dict(enumerate(scores[:, at])), test_train_ratio=ratio) for at in winners]
    # Refitted on all rows, the equal ones on a part of them again.
    every = np.arange(len(labels))
    parts = [every, *(random.choice(every, round(KEPT * len(every)), replace=False) for _ in range(2))]
    knn, *equal = population.truths(random, (features, labels), parts, TRUTH)
    truths = [knn[winners[0]], *(accuracies[NEAR - 1] for accuracies in equal)]
    pairs = {}
    for (name, one), (other_name, other) in combinations(zip(SETTINGS, range(len(SETTINGS)), strict=True), 2):
        apart = widen(compare_scores(ACCURACY, rows[one], rows[other]), draws[one] - draws[other])
        best, truth = rows[one].score - rows[other].score, truths[one] - truths[other]
        pairs[f"{name}, {other_name}"] = Pair(best, apart.mean, apart.low, apart.high, float(truth))
    return pairs


def sweep(features: Floats, labels: Codes, planned: Plan, random: np.random.Generator) -> SweepPredictions:
    """Do the sweep on the development rows, in the order of the board."""
    order = by_distance(features, features)
    tested = np.unique(np.concatenate([test for _, test in planned.parts]))
    splits = []
    for train, test in planned.parts:
        columns = [vote(order[test], labels, train, MOST)]
        for _ in range(SETTINGS["many"] + SETTINGS["few"]):
            part = random.choice(train, round(KEPT * len(train)), replace=False)
            columns.append(vote(order[test], labels, part, NEAR)[:, -1:])
        prediction = np.concatenate(columns, axis=1)
        unknown = np.full(prediction.shape, np.nan)
        splits.append(SplitPredictions(np.searchsorted(tested, test), labels[test][:, None], prediction, unknown))
    return SweepPredictions(board().order.candidates, tested, tuple(map(str, range(CLASSES))), tuple(splits))


def vote(ranked: Codes, labels: Codes, train: Codes, most: int) -> Codes:
    """Return what 1 to `most` neighbours among the training rows predict, from all rows by their distance."""
    fitted = np.zeros(len(labels), dtype=bool)
    fitted[train] = True
    return votes(labels[ranked[fitted[ranked]].reshape(len(ranked), len(train))[:, :most]])


def outcome(found: Mapping[str, Sequence[Mapping[str, Pair]]]) -> Outcome:
    """Return the promises, each of the population where it is the worst."""
    equal = {name: [one["many, few"] for one in own] for name, own in found.items()}
    naive, fair = (
        [100 * float(np.mean([ahead(getattr(pair, by)) for pair in own])) for own in equal.values()]
        for by in ("best", "mean")
    )
    called = [100 * float(np.mean([not pair.low <= 0 <= pair.high for pair in own])) for own in equal.values()]
    covers = [
        100 * float(np.mean([pair.low <= pair.truth <= pair.high for pair in (one[name] for one in own)]))
        for own in found.values()
        for name in own[0]
    ]
    off = max(abs(share - 50) for share in fair)
    claims = [
        _claim("two equal families: by best mean the one of 60 settings leads that of 3", min(naive), 88, True),
        _claim("the same by the score on rows not drawn: off one half of the tables", off, 15),
        _claim("the same: tables in which the interval tells them apart", max(called), 2),
        _claim("interval of a difference of two families: coverage, the least", min(covers), 92, True),
    ]
    tables = len(next(iter(equal.values())))
    named = ", ".join(
        f"{name} {left:.0f} and {right:.0f} %" for name, left, right in zip(equal, naive, fair, strict=True)
    )
    note = (
        f"Of two families that are the same (k = {NEAR} on a random {100 * KEPT:.0f} % of the training rows), the one "
        f"with 60 settings leads the one with 3 in {tables} tables (best mean and score on rows not drawn): {named}."
    )
    return Outcome(claims=claims, notes=[note])


def ahead(difference: float) -> float:
    """Count a lead, and an equal one by half."""
    return 0.5 if abs(difference) < 1e-9 else float(difference > 0)


def _claim(what: str, measured: float, limit: float, at_least: bool = False) -> Claim:
    return Claim(what=what, measured=[measured], limit=limit, at_least=at_least, unit=" %", command=COMMAND)
