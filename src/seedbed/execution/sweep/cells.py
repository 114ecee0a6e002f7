"""Checks every cell of a sweep before the first run starts, and decides whether their models are kept."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from seedbed.config.candidate import FAMILY, SPLIT_SEED, CellKey, ParamValue
from seedbed.config.schema import Train
from seedbed.data.splits.table_splits import check_split
from seedbed.data.table import Table
from seedbed.estimators.factory import KNN, check_effect, check_loading
from seedbed.estimators.neighbors import can_share
from seedbed.execution.engines.engine import CellBatch
from seedbed.execution.run import Task, measure_model, prepare
from seedbed.metrics.lookup import list_metrics, resolve_metric

_MOST_MODELS = 1e9  # bytes of one sweep, with tracking.models=auto
_SHARED_ROWS, _SHARED_KS = 5000, 3  # training rows, and values of n_neighbors, from which a search is shared


@dataclass(frozen=True, eq=False)
class Cells:
    """A sweep's cells: each candidate and split seed once."""

    keys: tuple[CellKey, ...]  # candidate and split seed of each job
    tasks: Mapping[CellKey, Task]  # in the order of the jobs
    table: Table
    varying: tuple[str, ...]  # the params in which they differ
    metric: str  # the stored name of the one to choose by

    @property
    def first(self) -> Task:
        """Return the first task."""
        return self.tasks[self.keys[0]]

    @property
    def families(self) -> dict[str, list[Task]]:
        """Return the tasks of each family, by the name of its estimator."""
        found: dict[str, list[Task]] = {}
        for task in self.tasks.values():
            estimator = task.config.estimator
            found.setdefault(estimator.target if estimator.own else estimator.name, []).append(task)
        return found

    @property
    def repeated(self) -> int:
        """Return how many jobs repeat an earlier one."""
        return len(self.keys) - len(self.tasks)

    @property
    def axes(self) -> dict[str, list[ParamValue]]:
        """Return the params that vary, each with its values in the order of the jobs."""
        tasks = self.tasks.values()  # by their types too, since 1 and 1.0 are two values
        own = {key: [task.params[key] for task in tasks if key in task.params] for key in self.varying}
        return {key: list({(type(value), value): value for value in values}.values()) for key, values in own.items()}


def check_cells(table: Table, configs: Sequence[Train], searched: Sequence[str] = ()) -> Cells:
    """Check that each job can run, and return the cells.

    Parameters
    ----------
    configs : of the jobs, all on this table.
    searched : keys and groups that name a run even while they have one value.

    Raises
    ------
    BadInput : for the first cell that cannot run.
    """
    metric = resolve_metric(configs[0].selection.metric, table.classes, list_metrics(table.classes))
    tasks = [prepare(config, table) for config in configs]
    for estimator in {config.estimator.target: config.estimator for config in configs}.values():
        check_loading(estimator, configs[0].trust)
    if not searched:
        check_effect([config.estimator for config in configs])
    always = {*searched, *(f"{group}.name" for group in searched)}
    values: dict[tuple[str, ParamValue], set[tuple[type, ParamValue]]] = {}  # of each param, in each family
    for task in tasks:
        for key, value in task.params.items():
            values.setdefault((key, key != FAMILY and task.params[FAMILY]), set()).add((type(value), value))
    found = dict.fromkeys(key for (key, _), own in values.items() if key in always or len(own) > 1)
    varying = sorted(found, key=lambda key: (key == SPLIT_SEED, key != FAMILY))
    keys = tuple(task.cell for task in tasks)
    return Cells(keys, dict(zip(keys, tasks, strict=True)), table, tuple(varying), metric)


def find_batches(
    cells: Cells, left: Mapping[int, CellKey], fewest_rows: int = _SHARED_ROWS, fewest_ks: int = _SHARED_KS
) -> dict[int, CellBatch]:
    """Return the batches of the cells that are left to do, if they are as large; both by the numbers of their jobs."""
    if len(cells.table.development) < fewest_rows:
        return {}
    alike: dict[Hashable, dict[int, int]] = {}  # n_neighbors by number
    for number, key in left.items():
        config = cells.tasks[key].config
        values = config.estimator.values
        if config.estimator.name == KNN and can_share(values) and check_split(config.split, cells.table) >= fewest_rows:
            k = values.pop("n_neighbors")
            alike.setdefault((config.preprocess, config.split, repr(values)), {})[number] = k
    many = [ks for ks in alike.values() if len(ks) >= fewest_ks]
    return {number: CellBatch(min(ks), tuple(ks.values())) for ks in many for number in ks}


def decide_models(cells: Cells, planned: int) -> tuple[bool, str]:
    """Say if a sweep's models, or those of a search's `planned` runs, are kept, and what they would take if not."""
    if (wanted := cells.first.config.tracking.models) == "none":
        return False, ""
    sizes = (
        # The last candidate's may be far larger than the first one's.
        max(measure_model(task, cells.table) for task in tasks[:: max(1, len(tasks) - 1)]) * len(tasks)
        for tasks in cells.families.values()
    )
    total = sum(sizes) * max(1.0, planned / len(cells.tasks))
    if wanted == "all" or total <= _MOST_MODELS:
        return True, ""
    return False, (
        f"Models are not kept, as all of them would take about {total / 1e9:.1f} GB (tracking.models=all keeps them); "
        "promote and reproduce fit again what they need."
    )
