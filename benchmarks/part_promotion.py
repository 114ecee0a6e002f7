"""Whether noise moves the alias, and whether a truly better candidate gets and keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import promotions
from claims import Claim, Fact, Outcome
from progress import Say
from stores import Workshop
from threadpoolctl import threadpool_limits

ORDER = 5
SIZES = {"sequences": 150}
SEED = 24
ERRORS = 3  # combined standard errors by which two simulations may differ
# Of the simulation by which the rule was chosen: needless moves of 19 and gain in points, each with its standard error.
CASES = {
    "other seeds": (False, {"needless": (2.1, 0.1), "gain": (1.00, 0.05)}),
    "ten rows more": (True, {"needless": (2.1, 0.1), "gain": (1.22, 0.06)}),
}
COMMAND = 'make bench ARGS="promotion"'


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Simulate sequences of promotions, on one core: the products are too small to be shared out."""
    claims, facts, notes = [], [], []
    with threadpool_limits(1):
        for case, (grows, expected) in CASES.items():
            found = list(repeat(case, grows, sizes["sequences"], say))
            claims += [claim(case, name, [getattr(own, name) for own, _ in found], expected[name]) for name in expected]
            for name, unit in (("needless", " of 19 moves"), ("gain", " of 2.08 points")):
                facts.append(Fact(what=f"promotion, {case}: {name}", measured=[mean(found, 0, name)], unit=unit))
            notes.append(
                f"Twenty promotions, {case} each time: {mean(found, 0, 'needless'):.1f} of 19 moves are to nothing "
                f"better and the gain is {mean(found, 0, 'gain'):.2f} points; to any higher mean it would be "
                f"{mean(found, 1, 'needless'):.1f} and {mean(found, 1, 'gain'):.2f}."
            )
    return Outcome(claims=claims, facts=facts, notes=notes)


def repeat(
    case: str, grows: bool, sequences: int, say: Say
) -> Iterator[tuple[promotions.Sequence, promotions.Sequence]]:
    """Yield what came of each sequence, the same ones whatever else is simulated."""
    for number in range(sequences):
        if number % max(1, sequences // 4) == 0:
            say(f"promotion, {case}: sequence {number + 1} of {sequences}")
        yield promotions.simulate(grows, np.random.default_rng([SEED, grows, number]))


def mean(found: Sequence[tuple[promotions.Sequence, promotions.Sequence]], rule: int, name: str) -> float:
    """Return the mean over the sequences, of the library's rule (0) or of the higher mean (1)."""
    return float(np.mean([getattr(pair[rule], name) for pair in found]))


def claim(case: str, name: str, values: Sequence[float], expected: tuple[float, float]) -> Claim:
    """Return how far a mean is off what was expected, as a part of what is allowed."""
    error = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("inf")
    allowed = ERRORS * (error**2 + expected[1] ** 2) ** 0.5
    off = abs(float(np.mean(values)) - expected[0]) / allowed
    what = f"promotion, {case}: {name} off the expected, as a part of the allowed"
    return Claim(what=what, measured=[off], limit=1, unit="", command=COMMAND)
