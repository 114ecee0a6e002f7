"""Checks every cell of a sweep before the first run starts, and names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from seedbed.config.candidate import FOLDS, SPLIT_SEED, shorten_key
from seedbed.config.schema import Dataset, Split, Train
from seedbed.data.splits.folds import Unequal, unequal_of
from seedbed.data.table import Table, read_table
from seedbed.errors import BadInput, join_names
from seedbed.execution.run import Task, check_metric, prepare

_LONGEST_NAME = 200


@dataclass(frozen=True, eq=False)
class Cells:
    """A sweep's runs, each candidate and seed once.

    Attributes
    ----------
    tasks : by place in the words' product; None where an earlier one is the same run.
    varying : the params in which they differ.
    """

    tasks: tuple[Task | None, ...]
    table: Table
    varying: tuple[str, ...]

    @property
    def repeated(self) -> int:
        """Return how many jobs repeat an earlier one."""
        return sum(task is None for task in self.tasks)

    @property
    def axes(self) -> dict[str, list[str]]:
        """Return the params that vary, each with its values in the order of the jobs."""
        return {key: list(dict.fromkeys(task.params[key] for task in self.distinct)) for key in self.varying}

    @property
    def unequal(self) -> Unequal | None:
        """Return where the seeds stop short of whole partitions into folds; None where they do not."""
        folds, seeds = self.distinct[0].config.split.folds, (task.config.split.seed for task in self.distinct)
        return None if folds is None else unequal_of(seeds, folds)

    @property
    def distinct(self) -> list[Task]:
        """Return the runs that will be done."""
        return [task for task in self.tasks if task is not None]


def cells_of(configs: Sequence[Train], searched: Sequence[str] = ()) -> Cells:
    """Check and name the cells.

    Parameters
    ----------
    searched : keys and groups that name a run even while they have one value.

    Raises
    ------
    BadInput : for the first cell that cannot run, or where the cells share no table or kind of split.
    """
    table = read_table(_one_dataset([config.dataset for config in configs]))
    check_metric(configs[0].selection.metric, table)
    check_one_split([config.split for config in configs])
    tasks = [prepare(config, table) for config in configs]
    varying = _varying([task.params for task in tasks], {*searched, *(f"{group}.name" for group in searched)})
    named = [replace(task, name=name_of(task.params, varying) or task.name) for task in tasks]
    return Cells(tuple(_once(named)), table, varying)


def name_of(params: Mapping[str, str], varying: Sequence[str]) -> str:
    """Return a run's name: what varies, by the shortest names that tell the keys apart."""
    short = {key: shorten_key(key) for key in varying}
    twice = {name for name, count in Counter(short.values()).items() if count > 1}
    words = (f"{key if short[key] in twice else short[key]}={params[key]}" for key in varying)
    name = " ".join(words)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def check_one_split(splits: Sequence[Split]) -> None:
    """Refuse to compare runs on different kinds of splits: one seed means other test rows in each.

    Raises
    ------
    BadInput : more than one kind, or number of folds.
    """
    for key, values in (("split", [split.name for split in splits]), (FOLDS, [split.folds for split in splits])):
        if len(several := list(dict.fromkeys(values))) > 1:
            raise BadInput(
                f"{key} has the values {join_names(several)}; a sweep keeps one kind of split, since one seed means "
                "other test rows in each: make a sweep of each."
            )


def _varying(params: Sequence[Mapping[str, str]], always: Set[str]) -> tuple[str, ...]:
    keys = [key for key in params[0] if key in always or len({each[key] for each in params}) > 1]
    return tuple(sorted(keys, key=lambda key: key == SPLIT_SEED))


def _once(tasks: Sequence[Task]) -> list[Task | None]:
    seen: set[tuple[str, str]] = set()
    kept: list[Task | None] = []
    for task in tasks:
        cell = (task.candidate, task.params[SPLIT_SEED])
        kept.append(None if cell in seen else task)
        seen.add(cell)
    return kept


def _one_dataset(datasets: Sequence[Dataset]) -> Dataset:
    for name in ("path", "target", "group", "name", "holdout", "holdout_seed"):
        values = list(dict.fromkeys(getattr(dataset, name) for dataset in datasets))
        if len(values) > 1:
            raise BadInput(
                f"dataset.{name} has the values {join_names(values)}; a sweep keeps one table and one holdout."
            )
    return datasets[0]
