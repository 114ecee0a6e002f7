"""What is shown of a choice against the truth, on tables of which it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from choice import RULES, SINGLE, Size, Way
from choice_found import BIAS, COVERAGE, NEAR_CHANCE, OPTIMISM, WORSE, Check, Found, checks, simulate
from choice_picture import png
from choice_words import COMMAND, words
from claims import Claim, Outcome
from populations import populations
from progress import Say
from stores import Workshop
from threadpoolctl import threadpool_limits

from seedbed.selection.inference import LEVEL

ORDER = 4
SIZES = {"replications": Size.replications}
TEXT, PICTURE = "choice.md", "choice.png"


def measure(shop: Workshop, sizes: Mapping[str, int], say: Say) -> Outcome:
    """Simulate every population, on one core: the products are too small to be shared out."""
    size = Size(replications=sizes["replications"])
    with threadpool_limits(1):
        found = [simulate(population, size, say) for population in populations()]
    return outcome(found, size)


def outcome(found: Sequence[Found], size: Size) -> Outcome:
    """Return the promises, each with its worst population, and two files with everything."""
    every = [check for one in found for check in checks(one)]
    broken = [f"{check.what}, {check.population}" for check in every if not check.holds]
    notes = [
        f"The choice was simulated with {size.replications:,} tables from each of {len(found)} populations; all "
        f"numbers, also those of the rule {RULES[2]}, are in {TEXT} and {PICTURE}."
    ]
    if broken:
        notes.append(f"Of {len(every)} promises about the choice these do not hold: {'; '.join(broken)}.")
    return Outcome(
        claims=list(claims(found)),
        notes=notes,
        files={TEXT: words(found, size).encode(), PICTURE: png(found)},
    )


def claims(found: Sequence[Found]) -> Iterator[Claim]:
    """Yield what was promised, of the default rule: one number each, from the population where it is the worst."""
    own = [check for one in found for check in checks(one) if check.what.endswith((str(RULES[1]), SINGLE))]
    known = [one for one in found if not one.shuffled]
    holdout = [check for check in own if check.what.startswith("holdout") and check.what.endswith(str(RULES[1]))]
    for kind in ("bias", "coverage"):
        off = max(_beyond(check) for check in holdout if kind in check.what)
        yield _claim(f"holdout: {kind} off the expected, as a part of the allowed", off, 1, unit="")
    biases = [100 * float(one.error(RULES[1], Way.CORRECTED).mean()) for one in known]
    yield _claim("corrected estimate: bias, the highest", max(biases), 100 * BIAS[1])
    yield _claim("corrected estimate: bias, the lowest", min(biases), 100 * BIAS[0], at_least=True)
    covers = [100 * check.measured for check in own if check.what.startswith("corrected, coverage")]
    yield _claim("corrected estimate: highest coverage possible", min(covers), 100 * COVERAGE, at_least=True, unit=" %")
    naive = [100 * float(one.error(SINGLE, Way.AS_IT_IS).mean()) for one in known]
    yield _claim("highest single run: its optimism, the least", min(naive), 100 * OPTIMISM, at_least=True)
    chance = [100 * abs(float(one.error(RULES[1], Way.CORRECTED).mean())) for one in found if one.shuffled]
    yield _claim("shuffled labels: corrected estimate off chance", max(chance), 100 * NEAR_CHANCE)
    yield _claim(WORSE, max(100 * one.wrongly_worse() for one in found), 100 * (1 - LEVEL), unit=" %")


def _claim(what: str, measured: float, limit: float, *, at_least: bool = False, unit: str = " points") -> Claim:
    return Claim(what=what, measured=[measured], limit=limit, at_least=at_least, unit=unit, command=COMMAND)


def _beyond(check: Check) -> float:
    """Return where the measured value lies on the way from 0 to its bound, more than 1 if it is beyond."""
    return check.measured / (check.high if check.measured > 0 else check.low)
