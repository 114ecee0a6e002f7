"""The schema of every key that a user can type, and its checked value, at once.

A default is written here, once; a YAML in `conf/` states only what differs. Every class checks itself when it is
made, so that no value outside its range travels further than this module.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seedbed.config.constraints import RULES, check
from seedbed.errors import BadInput, BadValue


@dataclass(frozen=True)
class Dataset:
    """A table and the part of it that no choice touches.

    `path` is a local path, an http(s) URL, or `package:NAME` for a table that ships with Seedbed. `group` is a column
    whose rows stay together (one flower measured twice); it is no feature. `labels`, `units`, `sliders` (name to lowest
    and highest value), `title`, `description` and `drawing` are what the page shows.
    """

    path: str | None = None
    target: str | None = None
    group: str | None = None
    name: str | None = None
    holdout: float = 0.2
    holdout_seed: int = 0
    title: str = ""
    description: str = ""
    drawing: str = "card"
    start: float | None = None
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    units: dict[str, str] = field(default_factory=dict, hash=False)
    sliders: dict[str, list[float]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check("dataset.", self)


@dataclass(frozen=True)
class Preprocess:
    """What happens to the columns before the estimator sees them."""

    name: str = "none"

    def __post_init__(self) -> None:
        check("preprocess.", self)


@dataclass(frozen=True)
class Estimator:
    """scikit-learn's KNeighborsClassifier, by its own words and defaults."""

    name: str = "knn"
    n_neighbors: int = 5
    weights: str = "uniform"
    metric: str = "minkowski"
    p: float | None = 2.0
    algorithm: str = "auto"

    def __post_init__(self) -> None:
        check("estimator.", self)


@dataclass(frozen=True)
class Split:
    """How the development rows are parted into training and test rows.

    `random` draws `test_size` by `seed`. `kfold` and `grouped` make `folds`: `seed // folds` is the partition, whose
    fold `seed % folds` is tested; `grouped` keeps a `dataset.group` in one. What a kind does not have is None.
    """

    name: str = "random"
    seed: int = 0
    test_size: float | None = 0.2
    folds: int | None = None
    stratify: bool = True

    def __post_init__(self) -> None:
        check("split.", self)
        if self.name == "random" and self.folds is not None:
            raise BadInput(
                f"split.folds={self.folds} is of split=kfold and split=grouped, and split=random draws its test rows "
                "by split.test_size; type split=kfold, or leave split.folds out."
            )
        if self.name == "random" and self.test_size is None:
            raise BadValue("split.test_size", "null", RULES["split.test_size"].allowed)
        if self.name != "random" and self.folds is None:
            raise BadInput(f"split.name={self.name} lacks split.folds; type split={self.name}, which brings them.")
        if self.name != "random" and self.test_size is not None:
            raise BadInput(
                f"split.test_size={self.test_size:g} is of split=random, and split={self.name} tests a fold at a time; "
                "leave it out or type split.test_size=null, or type split=random."
            )


@dataclass(frozen=True)
class Selection:
    """By which metric and rule a candidate is chosen."""

    metric: str = "accuracy"
    rule: str = "highest_mean"

    def __post_init__(self) -> None:
        check("selection.", self)


@dataclass(frozen=True)
class Tracking:
    """Where runs are kept: an MLflow URI; null means MLFLOW_TRACKING_URI, else the repo's own store.

    `keep_data` keeps a copy of a table under 10 MB, once for an experiment and digest.
    """

    uri: str | None = None
    keep_data: bool = True


@dataclass(frozen=True)
class _Verb:
    dataset: Dataset = field(default_factory=Dataset)
    tracking: Tracking = field(default_factory=Tracking)
    output: str = "text"

    def __post_init__(self) -> None:
        check("", self)


@dataclass(frozen=True)
class Train(_Verb):
    """`train.py`: one run, or with -m a sweep of them.

    `resume` (`latest`, or a sweep's id), `max_failures`, `force` and `dry_run` are about a sweep as a whole.
    """

    preprocess: Preprocess = field(default_factory=Preprocess)
    estimator: Estimator = field(default_factory=Estimator)
    split: Split = field(default_factory=Split)
    selection: Selection = field(default_factory=Selection)
    resume: str | None = None
    max_failures: int | None = None
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Explore(_Verb):
    """`explore.py`: look at the table."""


@dataclass(frozen=True)
class Promote(_Verb):
    """`promote.py`: mark the best candidate of a sweep, or one run's own model, or an earlier version.

    `history` shows every move of the mark; `dry_run` only says what would be done; `force` overrides the guard.
    """

    selection: Selection = field(default_factory=Selection)
    sweep: str = "latest"
    run: str | None = None
    version: int | None = None
    history: bool = False
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Compare(_Verb):
    """`compare.py`: rank the candidates of a sweep, and say how sure that is."""

    selection: Selection = field(default_factory=Selection)
    sweep: str = "latest"


@dataclass(frozen=True)
class Reproduce(_Verb):
    """`reproduce.py`: do a recorded run again, and say whether it is identical."""

    run: str = "latest"


@dataclass(frozen=True)
class Prune(_Verb):
    """`prune.py`: remove the models of runs, but not those of the best `keep` candidates of each sweep.

    `runs` names others whose models stay; `dry_run` only says what would be removed.
    """

    selection: Selection = field(default_factory=Selection)
    keep: int = 10
    runs: list[str] = field(default_factory=list)
    dry_run: bool = False


@dataclass(frozen=True)
class Serve(_Verb):
    """`python -m serve`: the page on the version marked best."""

    port: int = 7860
    host: str = "127.0.0.1"
    share: bool = False
    root_path: str | None = None
    pictures: str | None = None
    poll_seconds: float = 2.0
    auth_file: str | None = None
    max_rows: int = 10_000
    max_file_mb: float = 10.0


# What a person says of a sweep as a whole; no job's config, params or identity has it.
SWITCHES = ("resume", "max_failures", "force", "dry_run")
