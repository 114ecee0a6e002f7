"""What a benchmark says: claims with what to reach, and plain facts beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A number that was promised, and what was measured in each round.

    Attributes
    ----------
    what : in words, what is compared with what.
    measured : one value a round; a ratio is of two measurements of the same round.
    limit : the promise; None for a comparison that nothing was promised of.
    at_least : whether the promise is a lower limit.
    unit : written behind each number, "×" or " %".
    """

    what: str
    measured: Sequence[float]
    command: str
    limit: float | None = None
    at_least: bool = False
    unit: str = "×"

    @property
    def median(self) -> float:
        """The middle of what was measured."""
        return median(self.measured)

    @property
    def holds(self) -> bool | None:
        """Whether the median keeps the promise; None where there is none."""
        if self.limit is None:
            return None
        return bool(self.median >= self.limit if self.at_least else self.median <= self.limit)

    @property
    def reach(self) -> str:
        """The promise in words."""
        if self.limit is None:
            return "–"
        return f"at {'least' if self.at_least else 'most'} {self.limit:g}{self.unit}"

    @property
    def words(self) -> str:
        """The median with the lowest and the highest value."""
        return spread(self.measured, self.unit)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A measurement by itself, which says something only about this machine at this hour."""

    what: str
    measured: Sequence[float]
    unit: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a part of the benchmark found.

    Attributes
    ----------
    notes : sentences below the tables.
    wrong : sentences of what must not be; one of them makes the benchmark fail.
    files : what else is written beside the results, by file name.
    """

    claims: Sequence[Claim] = ()
    facts: Sequence[Fact] = ()
    notes: Sequence[str] = ()
    wrong: Sequence[str] = field(default=())
    files: Mapping[str, bytes] = field(default_factory=dict)


def spread(values: Sequence[float], unit: str) -> str:
    """Return median, minimum and maximum in words."""
    if len(values) == 1:
        return f"{number(values[0])}{unit}"
    return f"{number(median(values))}{unit} ({number(min(values))} to {number(max(values))})"


def number(value: float) -> str:
    """Write a number with three significant digits, without a power of ten."""
    digits = max(0, 2 - len(str(int(abs(value)))) + 1) if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Divide round by round: only what was measured within one round can be compared."""
    return [one / other for one, other in zip(above, below, strict=True)]
