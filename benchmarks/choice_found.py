"""What many replications say together, and whether it is what was promised of an honest choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from choice import RULES, SINGLE, Replication, Size, Way, plan, replicate
from populations import CLASSES, MOST, Floats, Population
from scipy.special import betaincinv
from scipy.stats import binom

from seedbed.selection.inference import LEVEL, wilson_interval

SEED = 12
CHANCE = 1 / CLASSES
ERRORS = 3  # standard errors by which a simulation may miss what it is expected to give
STRATIFIED = 0.01  # coverage that stratified rows may have above the binomial's, their counts vary less
BIAS = (-0.02, 0.003)  # of the corrected estimate: rather careful than optimistic
COVERAGE = 0.92
SURE = 0.99
OPTIMISM = 0.02
NEAR_CHANCE = 0.01
WORSE = "tables in which one is wrongly called significantly worse"


@dataclass(frozen=True, eq=False)
class Found:
    """The replications of one population, as arrays with one row a replication.

    Attributes
    ----------
    chosen : for each rule the places of its candidates.
    shown : for each rule and way an array of shape (n_replications, 3): value, low, high.
    trained, fitted, served : arrays of shape (n_replications, MOST): see `Replication`.
    named : for each replication the leader and those called significantly worse.
    """

    name: str
    shuffled: bool
    chosen: Mapping[str, np.ndarray]
    shown: Mapping[tuple[str, Way], Floats]
    trained: Floats
    fitted: Floats
    served: Floats
    named: Sequence[tuple[int, tuple[int, ...]]]

    @classmethod
    def of(cls, population: Population, replications: Sequence[Replication]) -> Found:
        """Stack what came of each table."""
        first = replications[0]
        return cls(
            population.name,
            population.shuffled,
            {rule: np.array([one.chosen[rule] for one in replications]) for rule in first.chosen},
            {
                key: np.array([(one.shown[key].value, one.shown[key].low, one.shown[key].high) for one in replications])
                for key in first.shown
            },
            *(np.stack([getattr(one, name) for one in replications]) for name in ("trained", "fitted", "served")),
            named=[(one.leader, one.worse) for one in replications],
        )

    @property
    def best(self) -> int:
        """The place of the candidate that is best to serve on average over the tables of this population."""
        return int(self.served.mean(axis=0).argmax())

    def of_chosen(self, rule: str, accuracies: Floats) -> Floats:
        """Return what stands in one of the arrays of accuracies at the candidates chosen."""
        return accuracies[np.arange(len(accuracies)), self.chosen[rule]]

    def truth(self, rule: str, way: Way) -> Floats:
        """Return what is true of the model that is spoken of: the served one, of the holdout the one that it scored."""
        return self.of_chosen(rule, self.fitted if way is Way.HOLDOUT else self.served)

    def error(self, rule: str, way: Way) -> Floats:
        """Return what is shown minus what is true of the model that is spoken of."""
        return self.shown[rule, way][:, 0] - self.truth(rule, way)

    def covers(self, rule: str, way: Way) -> np.ndarray:
        """Say of each interval shown whether the truth is in it."""
        truth = self.truth(rule, way)
        return (self.shown[rule, way][:, 1] <= truth) & (truth <= self.shown[rule, way][:, 2])

    def miss(self, rule: str, way: Way) -> float:
        """Return by how much what is shown misses the served model's accuracy: the root of the mean square."""
        errors = self.shown[rule, way][:, 0] - self.of_chosen(rule, self.served)
        return float(np.sqrt((errors**2).mean()))

    def against_trained(self, rule: str) -> Floats:
        """Return the corrected estimate minus the truth about the chosen candidate fitted on the rows of one split."""
        return self.shown[rule, Way.CORRECTED][:, 0] - self.of_chosen(rule, self.trained)

    def regret(self, rule: str) -> Floats:
        """Return how much better the best one candidate of the population would have served."""
        return self.served[:, self.best] - self.of_chosen(rule, self.served)

    def wrongly_worse(self) -> float:
        """Return in how many tables one is called significantly worse that, on average over tables, is not."""
        means = self.trained.mean(axis=0)
        return float(np.mean([any(means[place] >= means[leader] for place in worse) for leader, worse in self.named]))

    def at_edge(self, rule: str) -> float:
        """Return how often the choice is at an end of the grid."""
        return float(np.isin(self.chosen[rule], (0, MOST - 1)).mean())


@dataclass(frozen=True)
class Check:
    """A promise about one population: `measured` has to lie between two bounds, all of them shares."""

    what: str
    population: str
    measured: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.low <= self.measured <= self.high


def simulate(population: Population, size: Size, say: Callable[[str], None] = lambda words: None) -> Found:
    """Draw tables, the same ones whatever else is simulated beside them."""
    random = np.random.default_rng([SEED, *population.name.encode()])
    every = max(1, size.replications // 4)
    done = []
    for number in range(size.replications):
        if number % every == 0:
            say(f"choice, {population.name}: table {number + 1} of {size.replications}")
        done.append(replicate(population, random, number, size))
    return Found.of(population, done)


def checks(found: Found) -> Iterator[Check]:
    """Yield every promise that is about this population."""
    for rule in RULES:
        yield holdout_bias(found, rule)
        yield holdout_coverage(found, rule)
    for rule in RULES[1:]:
        yield corrected_bias(found, rule)
        yield corrected_coverage(found, rule)
    optimism = float(found.error(SINGLE, Way.AS_IT_IS).mean())
    yield Check("optimism of the highest single run", found.name, optimism, OPTIMISM, 1.0)
    yield Check(WORSE, found.name, found.wrongly_worse(), 0.0, 1 - LEVEL)


def holdout_bias(found: Found, rule: str) -> Check:
    """Compare the holdout's score with the truth about the model that it scored."""
    errors = found.error(rule, Way.HOLDOUT)
    most = ERRORS * float(errors.std(ddof=1)) / len(errors) ** 0.5
    return Check(f"holdout, bias, {rule}", found.name, float(errors.mean()), -most, most)


def holdout_coverage(found: Found, rule: str) -> Check:
    """Compare the coverage of the holdout's interval with what the binomial says of it."""
    expected = expected_coverage(found.truth(rule, Way.HOLDOUT), len(plan(0).held))
    off = found.covers(rule, Way.HOLDOUT).mean() - expected.mean()
    most = ERRORS * float((expected * (1 - expected)).sum()) ** 0.5 / len(expected)
    return Check(f"holdout, coverage against the expected, {rule}", found.name, float(off), -most, most + STRATIFIED)


def corrected_bias(found: Found, rule: str) -> Check:
    """Compare the corrected estimate with the truth about the served model, or with chance."""
    bias = float(found.error(rule, Way.CORRECTED).mean())
    low, high = (-NEAR_CHANCE, NEAR_CHANCE) if found.shuffled else BIAS
    return Check(f"corrected, bias{' against chance' if found.shuffled else ''}, {rule}", found.name, bias, low, high)


def corrected_coverage(found: Found, rule: str) -> Check:
    """Take the highest coverage that the replications leave possible: it fails only if even that is too low."""
    covers = found.covers(rule, Way.CORRECTED)
    upper = most_possible(int(covers.sum()), len(covers))
    return Check(f"corrected, coverage at most ({SURE:.0%} sure), {rule}", found.name, upper, COVERAGE, 1.0)


def expected_coverage(truth: Floats, rows: int) -> Floats:
    """Return how often Wilson's interval of so many independent rows holds each of these truths, exactly."""
    right = np.arange(rows + 1)
    intervals = [wilson_interval(one, rows, LEVEL) for one in right.tolist()]
    low, high = (np.array([getattr(one, name) for one in intervals]) for name in ("low", "high"))
    inside = (low <= truth[:, None]) & (truth[:, None] <= high)
    return np.asarray((binom.pmf(right, rows, truth[:, None]) * inside).sum(axis=1))


def most_possible(hits: int, trials: int) -> float:
    """Return the one-sided upper bound of a share (Clopper & Pearson, 1934)."""
    return 1.0 if hits == trials else float(betaincinv(hits + 1, trials - hits, SURE))
