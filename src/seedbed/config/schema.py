"""The schema of every key that a user can type, and its checked value, at once.

A default is written here, once, and its constraint beside it; a YAML in `conf/` states only what differs. Every class
checks itself as it is made, so that no value outside its range travels further than this module. What a docstring
says of a key, --help says too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from seedbed.config.constraints import SEED, Checked, Group, limit, limit_to
from seedbed.config.dataset import OF_THE_COLUMNS, Dataset
from seedbed.config.estimator import Estimator
from seedbed.config.families import OWN, list_families
from seedbed.errors import BadInput, BadValue, clip

_SHARE = "a share above 0 and below 1"


def _is_positive(value: float) -> bool:
    return 0 < value < math.inf


def _limit_types() -> Any:
    allowed = "a list of types such as [my_module.MyClassifier]"
    types = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
    return limit(lambda names: all(map(types.fullmatch, names)), allowed, default_factory=list, hash=False)


def _list_shipped() -> set[str]:
    return {family.name for family in list_families()} - {OWN}


@dataclass(frozen=True)
class Preprocess(Group):
    """What happens to the columns before the estimator sees them.

    auto stands for one of the others, as the family says, once the table is read: `native` leaves gaps and categories
    to trees and boosting, `standardize` fills and encodes them.
    """

    name: str = limit_to("none", "standardize", "native", "auto")


@dataclass(frozen=True)
class Split(Group):
    """How the development rows are split into training and test rows.

    `random` draws `test_size` by `seed`. `kfold` and `grouped` make `folds`: `seed // folds` is the partition, whose
    fold `seed % folds` is tested; `grouped` keeps a `dataset.group` in one. What a kind does not have is None.

    seed : which split of its kind it is
    test_size : the share of rows that split=random tests
    folds : how many parts split=kfold and split=grouped make
    stratify : whether training and test rows have the classes in equal shares
    """

    name: str = limit_to("random", "kfold", "grouped")
    seed: int = limit(*SEED, default=0)
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
    """By which metric and rule a candidate is chosen.

    metric : one of the metrics, or a function of one's own, my_module:function
    rule : the highest mean, or the simplest candidate within one standard error of it
    tolerance : of several families the first of the order that is at most so far behind the best; null: the best
    order : families, those to be preferred first; []: as the sweep names them
    """

    metric: str = "accuracy"
    rule: str = limit_to("highest_mean", "one_standard_error")
    tolerance: float | None = limit(
        lambda behind: behind is None or 0 <= behind < math.inf,
        "a difference of at least 0 such as 0.01, a point of accuracy, or null",
        default=None,
    )
    order: list[str] = limit(
        lambda names: all(isinstance(name, str) and name for name in names),
        "a list of families such as [naive_bayes,logistic]",
        default_factory=list,
        hash=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.order and self.tolerance is None:
            raise BadInput(
                f"selection.order={clip(','.join(self.order))} has no effect without a tolerance; type "
                "selection.tolerance=0.01 too, for example, or leave it out."
            )


@dataclass(frozen=True)
class Checks(Group):
    """What is checked of a sweep beside its scores.

    mute : codes of checks of which nothing is to be said, such as [SB03]
    """

    mute: list[str] = field(default_factory=list, hash=False)


@dataclass(frozen=True)
class Tracking(Group):
    """Where runs are kept.

    uri : an MLflow store; null: MLFLOW_TRACKING_URI, else the checkout's own
    keep_data : whether a copy of a table up to 10 MB is kept, once for an experiment and digest
    models : of which runs the model is kept; auto: of all while those of a sweep stay below 1 GB, else of none
    """

    uri: str | None = None
    keep_data: bool = True
    models: str = limit_to("auto", "all", "none")


@dataclass(frozen=True)
class _Command(Checked):
    """output : whether the answer is for a reader or for a script"""

    without_effect: ClassVar[Sequence[str]] = ()  # keys of its groups that change nothing here, and are refused

    dataset: Dataset = field(default_factory=Dataset)
    tracking: Tracking = field(default_factory=Tracking)
    output: str = limit_to("text", "json")


_OF_THE_CHOICE = ("selection.rule", "selection.tolerance", "selection.order")


@dataclass(frozen=True)
class Train(_Command):
    """`train.py`: one run, or with -m a sweep of them.

    trust : types, such as my_module.MyClassifier, that may be loaded again besides scikit-learn's and numpy's
    resume : of a sweep: an unfinished one to go on with, by id, its beginning, name, or latest
    max_failures : of a sweep: how many runs may fail before it stops; null: any number
    force : of a sweep: resume it although the table or the code changed
    dry_run : of a sweep: only say what it would do
    baselines : of a sweep: estimators that run with their defaults beside it, on the same splits, and are never chosen;
        null: logistic, from 500 rows on hgb too, and none on a table that ships with Seedbed
    """

    without_effect = _OF_THE_CHOICE

    preprocess: Preprocess = field(default_factory=Preprocess)
    estimator: Estimator = field(default_factory=Estimator)
    split: Split = field(default_factory=Split)
    selection: Selection = field(default_factory=Selection)
    trust: list[str] = _limit_types()
    resume: str | None = None
    max_failures: int | None = limit(
        lambda most: most is None or most >= 0, "an integer of at least 0, or null", default=None
    )
    force: bool = False
    dry_run: bool = False
    baselines: list[str] | None = limit(
        lambda names: names is None or set(names) <= _list_shipped(),
        "a list of estimators such as [logistic,hgb]",
        default=None,
        hash=False,
    )


_OF_THE_PAGE = tuple(
    f"dataset.{name}"
    for name in ("preprocess", "title", "description", "drawing", "start", "labels", "units", "sliders")
)


@dataclass(frozen=True)
class _Reading(_Command):
    """A command that reads what was recorded of a table: of the table itself only the name counts."""

    without_effect = (
        *_OF_THE_PAGE,
        *(f"dataset.{name}" for name in ("target", "group", "holdout", "holdout_seed", *OF_THE_COLUMNS)),
        "tracking.keep_data",
        "tracking.models",
    )


@dataclass(frozen=True)
class Explore(_Command):
    """`explore.py`: look at the table.

    save : the option of dataset=… that its words, with the columns as they were found, are kept as
    """

    without_effect = (*_OF_THE_PAGE, "tracking.keep_data", "tracking.models")

    save: str | None = limit(
        lambda name: name is None or bool(re.fullmatch(r"[\w-]+", name)), "a name such as wine", default=None
    )


# Beside `history`, `version` and `run`, which say what is promoted, all that follows has no effect.
_PROMOTES = ("history", "dry_run", "version", "force", "run", "sweep", "selection", "checks")


@dataclass(frozen=True)
class Promote(_Reading):
    """`promote.py`: move the alias best to a sweep's best candidate, to one run's own model, or to an earlier version.

    sweep : the sweep to choose from: an id, its beginning, a name, or latest
    run : a run whose own model is promoted, by the same words
    version : the number of a version to promote again
    history : show every move of the alias
    force : skip the comparison with the champion
    dry_run : only say what would be done
    """

    selection: Selection = field(default_factory=Selection)
    checks: Checks = field(default_factory=Checks)
    sweep: str = "latest"
    run: str | None = None
    version: int | None = None
    history: bool = False
    force: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        typed = [key for key in _PROMOTES if getattr(self, key) not in (None, False, "latest", Selection(), Checks())]
        for name in {"history", "version", "run"} & {*typed[:-1]}:
            raise BadInput(f"{typed[typed.index(name) + 1]} has no effect beside {name}; leave one of them out.")
        if "+" in self.sweep:
            raise BadInput(f"promote takes one sweep, and sweep={clip(self.sweep)} names several; type one of them.")


@dataclass(frozen=True)
class Compare(_Reading):
    """`compare.py`: rank the candidates of a sweep, and say how sure that is.

    sweep : an id, its beginning, a name, or latest; several of one table joined by +
    """

    selection: Selection = field(default_factory=Selection)
    checks: Checks = field(default_factory=Checks)
    sweep: str = "latest"


@dataclass(frozen=True)
class Reproduce(_Reading):
    """`reproduce.py`: do a recorded run again, and say whether it is identical.

    run : an id, its beginning, a name, or latest
    """

    run: str = "latest"


@dataclass(frozen=True)
class Prune(_Reading):
    """`prune.py`: remove the models of runs, but not those of the best `keep` candidates of each sweep.

    keep : how many candidates of each sweep keep their models
    runs : other runs whose models stay
    dry_run : only say what would be removed
    """

    without_effect = (*_Reading.without_effect, *_OF_THE_CHOICE)

    selection: Selection = field(default_factory=Selection)
    keep: int = limit(lambda candidates: candidates >= 0, "an integer of at least 0", default=10)
    runs: list[str] = limit(
        lambda runs: all(isinstance(run, str) and run for run in runs),
        "a list of runs such as [ID,ID]",
        default_factory=list,
    )
    dry_run: bool = False


@dataclass(frozen=True)
class Predict(_Reading):
    """`predict.py`: predict each row of a file by the version behind the alias best.

    input : a CSV or Parquet file with the columns of the model; - for stdin
    to : where its predictions go, as Parquet to FILE.parquet, else as CSV; - for stdout
    trust : types besides scikit-learn's and numpy's that the model may be made of, such as [my_module.MyClassifier]
    """

    input: str | None = None
    to: str | None = None
    trust: list[str] = _limit_types()


@dataclass(frozen=True)
class Serve(_Reading):
    """`python -m serve`: the page on the version behind the alias best.

    port, host : where the page listens
    share : a public link through Gradio's servers
    root_path : the sub-path under which a proxy shows the page
    pictures : a folder with a picture for each class, by name
    poll_seconds : how often the page asks whether the alias moved
    auth_file : a file that holds user:password
    max_rows, max_file_mb : the most that a file of rows to predict may have
    trust : types besides scikit-learn's and numpy's that the model may be made of, such as [my_module.MyClassifier]
    """

    without_effect = (*_Reading.without_effect, "output")

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
    trust: list[str] = _limit_types()


# What concerns a sweep as a whole; no job's config, params or identity has it.
SWITCHES = ("resume", "max_failures", "force", "dry_run", "baselines")
