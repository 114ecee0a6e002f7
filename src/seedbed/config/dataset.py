"""The keys of a table: where it is, what its columns hold, and how the page shows it."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field

from seedbed.config.constraints import SEED, Group, limit, limit_to

# Came after 0.1.0: a config that was recorded without them is of a table read as 0.1.0 read it.
OF_THE_COLUMNS = ("read", "columns", "drop", "features", "omit")


def _is_span(edges: list[float]) -> bool:
    return not edges or len(edges) == 2 and -math.inf < edges[0] < edges[1] < math.inf


def _says_how(words: dict[str, str]) -> bool:
    given = {"sep": ",", "decimal": ".", "encoding": "utf-8", **words}
    return len(given) == 3 and len(given["sep"]) == 1 and given["decimal"] in (".", ",") and bool(given["encoding"])


@dataclass(frozen=True)
class Dataset(Group):
    """A table and the part of it that no choice touches.

    path : a CSV file, its http(s) address, or package:NAME for a table that ships with Seedbed
    target : the column of classes
    group : the column whose rows stay together, such as one flower measured twice, with split=grouped; not a feature
    read : what finding out got wrong of the file: sep, decimal, encoding
    columns : what a column holds, by its name: number, category, boolean, date, or ignore to leave it out
    drop, features : the columns that are left out; those that alone are features, [] for all others
    omit : auto also leaves out what tells no classes apart (one value, row names, identifiers), listed does not
    name : what experiment and registered model are called; null: the file's stem
    holdout, holdout_seed : the rows that no choice touches
    title, description, drawing : at the head of the page
    start : what the page opens with
    preprocess : what preprocess=default stands for with this table; auto is what suits the estimator
    labels, units, sliders : how the page shows a column, by column; [] is a slider that covers the column
    """

    path: str | None = None
    target: str | None = None
    group: str | None = None
    read: dict[str, str] = limit(
        _says_how,
        "{sep: …, decimal: …, encoding: …}: one character, a point or a comma, an encoding's name",
        default_factory=dict,
        hash=False,
    )
    columns: dict[str, str] = limit(
        lambda columns: set(columns.values()) <= {"number", "category", "boolean", "date", "ignore"},
        "column: one of number, category, boolean, date, ignore",
        default_factory=dict,
        hash=False,
    )
    drop: list[str] = field(default_factory=list, hash=False)
    features: list[str] = field(default_factory=list, hash=False)
    omit: str = limit_to("auto", "listed")
    name: str | None = None
    holdout: float = limit(lambda share: 0 <= share < 1, "a share of at least 0 and below 1", default=0.2)
    holdout_seed: int = limit(*SEED, default=0)
    preprocess: str = limit_to("auto", "none", "standardize")
    title: str = ""
    description: str = ""
    drawing: str = limit_to("card", "flower")
    start: float | None = limit(
        lambda start: start is None or math.isfinite(start),
        "a number in every box of the page, or null for the values of a typical row",
        default=None,
    )
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    units: dict[str, str] = field(default_factory=dict, hash=False)
    sliders: dict[str, list[float]] = limit(
        lambda sliders: all(map(_is_span, sliders.values())),
        "column: [lowest, highest] of a slider, or [] for one that covers the column",
        default_factory=dict,
        hash=False,
    )

    @property
    def location(self) -> str:
        """The path with what it refers to in the environment (`${oc.env:NAME}`), which is never kept; "" for none."""
        return re.sub(r"\$\{oc\.env:(\w+)\}", lambda found: os.environ.get(found[1], ""), self.path or "")
