"""How well a corrected estimate tells what is served: ten random splits and a holdout, or 2 × 5 folds of all rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from choice import EACH, PLANS, SEEDS, choice, corrected, plan, sweep_of
from claims import Claim, Fact, Outcome
from populations import CLASSES, Population, populations
from progress import Say
from stores import Workshop
from threadpoolctl import threadpool_limits

from seedbed.data.splits.folds import assign_folds
from seedbed.selection.choice import Rule

ORDER = 5
SIZES = {"designs": 200}
COMMAND = 'make bench ARGS="splits"'
RESAMPLES, TRUTH, FOLDS, SEED = 400, 333, 5, 13


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Simulate every population whose labels say something, on one core."""
    found = []
    with threadpool_limits(1):
        for population in populations()[:-1]:
            say(f"splits, {population.name}: {sizes['designs']} tables")
            random = np.random.default_rng([SEED, *population.name.encode()])
            found.append([compare(population, random, number) for number in range(sizes["designs"])])
    return outcome(np.array(found))


def compare(population: Population, random: np.random.Generator, number: int) -> list[tuple[float, float]]:
    """Return the estimate's error and the served accuracy, of the default and of 2 × 5 folds, on one table."""
    features, labels = population.draw(random, EACH)
    planned, every = plan(number % PLANS), np.arange(len(labels))
    folds = [
        (every[own != fold], every[own == fold])
        for partition in range(SEEDS // FOLDS)
        for own in [assign_folds(labels, partition=partition, folds=FOLDS, stratify=True)]
        for fold in range(FOLDS)
    ]
    (truths,) = population.truths(random, (features, labels), [every], TRUTH)
    found = []
    for rows, parts in ((planned.development, planned.parts), (every, tuple(folds))):
        sweep = sweep_of(features[rows], labels[rows], parts)
        served = float(truths[choice(sweep, Rule.HIGHEST_MEAN)])
        found.append((corrected(sweep, Rule.HIGHEST_MEAN, RESAMPLES).value - served, served))
    return found


def outcome(found: np.ndarray) -> Outcome:
    """Compare them; `found` has the shape (n_populations, n_tables, 2 designs, 2): errors, and accuracies served."""
    errors, served = found[..., 0], found[..., 1]
    rmse = 100 * np.sqrt((errors**2).mean(axis=1)).mean(axis=0)
    gain = 100 * (served[..., 1] - served[..., 0])
    claim = Claim(
        what="error of the corrected estimate, 2 × 5 folds without a holdout against ten random splits beside one",
        measured=[float(rmse[1] / rmse[0])],
        limit=0.9,
        command=COMMAND,
    )
    names = "holdout and ten random splits", "2 × 5 folds, no holdout"
    facts = [
        Fact(
            what=f"{name}: RMSE of the corrected estimate, {CLASSES * EACH} rows", measured=[float(one)], unit=" points"
        )
        for name, one in zip(names, rmse, strict=True)
    ]
    error = gain.std() / gain.size**0.5
    note = (
        f"By 2 × 5 folds of all rows the candidate served is {gain.mean():+.2f} ± {error:.2f} points better than by "
        f"the default, over {found.shape[1]:,} tables of each of {len(found)} populations."
    )
    return Outcome(claims=[claim], facts=facts, notes=[note])
