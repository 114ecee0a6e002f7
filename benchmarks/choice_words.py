"""What was found, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from choice import EACH, RULES, SEEDS, Size, Way, plan
from choice_found import Check, Found, checks, expected_coverage
from populations import CLASSES, MOST
from results import rows

from seedbed.selection.choice import RESAMPLES

HEAD = ("rule", "shown", "is on average", "true", "bias", "in its interval", "misses by", "regret", "at the edge")
COMMAND = 'make bench ARGS="choice"'


def words(found: Sequence[Found], size: Size) -> str:
    """Return the whole text."""
    parts = ["# What is shown of a choice, and what is true of it", how(size), legend()]
    for one in found:
        best = "" if one.shuffled else f": k = {one.best + 1} is best, {percent(one.served.mean(axis=0).max())}"
        parts += [f"## {one.name.capitalize()}{best}", rows(HEAD, list(lines(one))), *remarks(one)]
    parts += ["## What was promised", promises([check for one in found for check in checks(one)])]
    return "\n\n".join(parts) + "\n"


def how(size: Size) -> str:
    """Say what was simulated."""
    train, test = map(len, plan(0).parts[0])
    truth = f"{CLASSES * size.truth:,}"
    return (
        f"`{COMMAND}`: from each population {size.replications:,} tables of {CLASSES * EACH} rows, {EACH} of each "
        f"class; of each {len(plan(0).held)} rows are held out, stratified, and the others split {SEEDS} times into "
        f"{train} for training and {test} for testing, stratified, for k = 1 to {MOST}. The truth is the accuracy on "
        f"{truth} rows that the table does not have. The corrected estimate draws {size.resamples:,} resamples"
        + (f" (the library {RESAMPLES:,})." if size.resamples != RESAMPLES else ".")
    )


def legend() -> str:
    """Say what the columns mean."""
    return (
        "*true*: of the model that is served, fitted on all rows; for the holdout of the one that it scored, fitted on "
        "the rows that are not held out. *bias*: shown minus true, ± its standard error. *in its interval*: how often "
        "the truth lies in the 95 % interval that is shown. *misses by*: root mean square of shown minus the truth of "
        "the served model. *regret*: how much better the best one k of the population would have served. Points and "
        "per cent of accuracy."
    )


def lines(found: Found) -> Iterator[tuple[str, ...]]:
    """Yield a line for each rule and way."""
    for rule in RULES:
        for way in Way:
            if (rule, way) in found.shown:
                yield line(found, rule, way)


def line(found: Found, rule: str, way: Way) -> tuple[str, ...]:
    """Return what there is to say of one way to show what one rule chose."""
    errors = found.error(rule, way)
    covered = percent(found.covers(rule, way).mean())
    if way is Way.HOLDOUT:
        covered += f" ({percent(expected_coverage(found.truth(rule, way), len(plan(0).held)).mean())} expected)"
    return (
        rule,
        str(way),
        percent(found.shown[rule, way][:, 0].mean()),
        percent(found.truth(rule, way).mean()),
        f"{points(errors.mean())} ± {100 * errors.std(ddof=1) / len(errors) ** 0.5:.2f}",
        covered,
        f"{100 * found.miss(rule, way):.1f}",
        f"{100 * found.regret(rule).mean():.2f}",
        percent(found.at_edge(rule)),
    )


def remarks(found: Found) -> list[str]:
    """Say how much of the corrected estimate's bias is no fault of the correction."""
    if found.shuffled:
        return []
    train = len(plan(0).parts[0][0])
    parts = [f"{points(found.against_trained(rule).mean())} ({rule})" for rule in RULES[1:]]
    return [
        f"The corrected estimate is of models of {train} rows, and {CLASSES * EACH} rows serve: against the chosen k "
        f"fitted on the {train} rows of one split its bias is {' and '.join(parts)}."
    ]


def promises(every: Sequence[Check]) -> str:
    """Return the promises as a table, those first that do not hold."""
    head = ("promise", "population", "measured", "allowed", "holds")
    return rows(
        head,
        [
            (one.what, one.population, points(one.measured), f"{points(one.low)} to {points(one.high)}", yes(one.holds))
            for one in sorted(every, key=lambda one: one.holds)
        ],
    )


def yes(holds: bool) -> str:
    """Say whether it holds."""
    return "yes" if holds else "**no**"


def percent(share: float) -> str:
    """Write a share with one digit."""
    return f"{100 * share:.1f} %"


def points(share: float) -> str:
    """Write a difference with its sign, in points."""
    return f"{100 * share:+.2f}"
