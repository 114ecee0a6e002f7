"""The schema of every key that a user can type, and its checked value, at once.

A default is written here, once, and its constraint beside it; a YAML in `conf/` states only what differs. Every class
checks itself as it is made, so that no value outside its range travels further than this module.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field

from seedbed.config.constraints import Checked, Group, limit, limit_to
from seedbed.errors import BadInput, BadValue

_SEED = (lambda seed: 0 <= seed < 2**32, "an integer from 0 to 4294967295")
_SHARE = "a share above 0 and below 1"


def _is_positive(value: float) -> bool:
    return 0 < value < math.inf


def _is_span(edges: list[float]) -> bool:
    return not edges or len(edges) == 2 and -math.inf < edges[0] < edges[1] < math.inf


@dataclass(frozen=True)
class Dataset(Group):
    """A table and the part of it that no choice touches.

    `path` is a local path, an http(s) URL, or `package:NAME` for a table that ships with Seedbed. `group` is a column
    whose rows stay together (one flower measured twice); it is not a feature. `labels`, `units`, `sliders` (name to
    lowest and highest value, or to [] for the column's own), `start`, `title`, `description` and `drawing` are what the
    page shows.
    """

    path: str | None = None
    target: str | None = None
    group: str | None = None
    name: str | None = None
    holdout: float = limit(lambda share: 0 <= share < 1, "a share of at least 0 and below 1", default=0.2)
    holdout_seed: int = limit(*_SEED, default=0)
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


@dataclass(frozen=True)
class Preprocess(Group):
    """What happens to the columns before the estimator sees them."""

    name: str = limit_to("none", "standardize")


@dataclass(frozen=True)
class Estimator(Group):
    """scikit-learn's KNeighborsClassifier, with its parameter names and defaults."""

    name: str = limit_to("knn")
    n_neighbors: int = limit(lambda count: count >= 1, "an integer of at least 1", default=5)
    weights: str = limit_to("uniform", "distance")
    metric: str = "minkowski"
    p: float | None = limit(lambda p: p is None or _is_positive(p), "a number above 0, or null", default=2.0)
    algorithm: str = limit_to("auto", "ball_tree", "kd_tree", "brute")


@dataclass(frozen=True)
class Split(Group):
    """How the development rows are split into training and test rows.

    `random` draws `test_size` by `seed`. `kfold` and `grouped` make `folds`: `seed // folds` is the partition, whose
    fold `seed % folds` is tested; `grouped` keeps a `dataset.group` in one. What a kind does not have is None.
    """

    name: str = limit_to("random", "kfold", "grouped")
    seed: int = limit(*_SEED, default=0)
    test_size: float | None = limit(lambda share: share is None or 0 < share < 1, _SHARE, default=0.2)
    folds: int | None = limit(lambda folds: folds is None or folds >= 2, "an integer of at least 2", default=None)
    stratify: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name == "random" and self.folds is not None:
            raise BadInput(
                f"split.folds={self.folds} belongs to split=kfold and split=grouped, and split=random draws its test "
                "rows by split.test_size; type split=kfold, or leave split.folds out."
            )
        if self.name == "random" and self.test_size is None:
            raise BadValue("split.test_size", "null", _SHARE)
        if self.name != "random" and self.folds is None:
            raise BadInput(f"split.name={self.name} lacks split.folds; type split={self.name}, which brings them.")
        if self.name != "random" and self.test_size is not None:
            raise BadInput(
                f"split.test_size={self.test_size:g} belongs to split=random, and split={self.name} tests a fold at a "
                "time; leave it out or type split.test_size=null, or type split=random."
            )


@dataclass(frozen=True)
class Selection(Group):
    """By which metric and rule a candidate is chosen."""

    metric: str = "accuracy"
    rule: str = limit_to("highest_mean", "one_standard_error")


@dataclass(frozen=True)
class Tracking(Group):
    """Where runs are kept: an MLflow URI; null means MLFLOW_TRACKING_URI, else the repo's own store.

    `keep_data` keeps a copy of a table under 10 MB, once for an experiment and digest.
    """

    uri: str | None = None
    keep_data: bool = True


@dataclass(frozen=True)
class _Command(Checked):
    dataset: Dataset = field(default_factory=Dataset)
    tracking: Tracking = field(default_factory=Tracking)
    output: str = limit_to("text", "json")


@dataclass(frozen=True)
class Train(_Command):
    """`train.py`: one run, or with -m a sweep of them.

    `resume` (`latest`, or a sweep's id), `max_failures`, `force` and `dry_run` concern a sweep as a whole.
    """

    preprocess: Preprocess = field(default_factory=Preprocess)
    estimator: Estimator = field(default_factory=Estimator)
    split: Split = field(default_factory=Split)
    selection: Selection = field(default_factory=Selection)
    resume: str | None = None
    max_failures: int | None = limit(
        lambda most: most is None or most >= 0, "an integer of at least 0, or null", default=None
    )
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Explore(_Command):
    """`explore.py`: look at the table."""


@dataclass(frozen=True)
class Promote(_Command):
    """`promote.py`: move the alias best to a sweep's best candidate, to one run's own model, or to an earlier version.

    `history` shows every move of the alias; `dry_run` only says what would be done; `force` skips the comparison with
    the champion.
    """

    selection: Selection = field(default_factory=Selection)
    sweep: str = "latest"
    run: str | None = None
    version: int | None = None
    history: bool = False
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Compare(_Command):
    """`compare.py`: rank the candidates of a sweep, and say how sure that is."""

    selection: Selection = field(default_factory=Selection)
    sweep: str = "latest"


@dataclass(frozen=True)
class Reproduce(_Command):
    """`reproduce.py`: do a recorded run again, and say whether it is identical."""

    run: str = "latest"


@dataclass(frozen=True)
class Prune(_Command):
    """`prune.py`: remove the models of runs, but not those of the best `keep` candidates of each sweep.

    `runs` names others whose models stay; `dry_run` only says what would be removed.
    """

    selection: Selection = field(default_factory=Selection)
    keep: int = limit(lambda candidates: candidates >= 0, "an integer of at least 0", default=10)
    runs: list[str] = limit(
        lambda runs: all(isinstance(run, str) and run for run in runs),
        "a list of runs such as [ID,ID]",
        default_factory=list,
    )
    dry_run: bool = False


@dataclass(frozen=True)
class Serve(_Command):
    """`python -m serve`: the page on the version behind the alias best."""

    port: int = limit(lambda port: 0 <= port <= 65535, "a port from 0 to 65535 (0: any free one)", default=7860)
    host: str = limit(
        lambda host: bool(host.strip()), "an address to listen on; 0.0.0.0: all of them", default="127.0.0.1"
    )
    share: bool = False
    # Gradio also takes the whole address that the proxy answers at.
    root_path: str | None = limit(
        lambda path: path is None or bool(re.fullmatch(r"(https?://[^/?#\s]+)?(/[^/?#\s]+)*/?", path)),
        "null, or the sub-path behind a proxy such as /iris",
        default=None,
    )
    pictures: str | None = None
    poll_seconds: float = limit(_is_positive, "a number above 0", default=2.0)
    auth_file: str | None = None
    max_rows: int = limit(_is_positive, "a number above 0", default=10_000)
    max_file_mb: float = limit(_is_positive, "a number above 0", default=10.0)


# What concerns a sweep as a whole; no job's config, params or identity has it.
SWITCHES = ("resume", "max_failures", "force", "dry_run")
