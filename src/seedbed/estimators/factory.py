"""From a config to scikit-learn's estimator."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import pandas as pd
from sklearn import config_context
from sklearn.neighbors import VALID_METRICS
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError

from seedbed.columns.schema import Kind, Schema, is_plain
from seedbed.config.candidate import format_param
from seedbed.config.estimator import Estimator
from seedbed.config.families import list_families, read_family
from seedbed.config.naming import format_trust
from seedbed.config.schema import Preprocess
from seedbed.config.validation import import_typed
from seedbed.data.arrays import Floats, Labels
from seedbed.errors import BadInput, BadValue, UnknownKey, clip, join_names, join_or
from seedbed.estimators import answers
from seedbed.estimators.fitted_arrays import check_arrays
from seedbed.estimators.loading import is_allowed

# What scikit-learn takes by name alone; the others need distances, a function, or a matrix besides.
METRICS = sorted(set().union(*VALID_METRICS.values()) - {"precomputed", "pyfunc", "mahalanobis", "seuclidean"})
KNN = "knn"
# scikit-learn's words for what a parameter takes, in those of a reader; what cannot be typed is not offered.
_PLAIN_WORDS = (
    (r"(, | or )a(?:n instance of '[\w.]+'| callable| RandomState instance)(?=,| or |$)", ""),
    (r"\ban int\b", "an integer"),
    (r"\ba float\b", "a number"),
    (r"\bNone\b", "null"),
    (r"in the range \[(-?[\d.]+), inf[\])]", r"of at least \1"),
    (r"in the range \((-?[\d.]+), inf[\])]", r"above \1"),
    (r"in the range \[(-?[\d.]+), (-?[\d.]+)\]", r"from \1 to \2"),
)
_FOLDS = 5  # of the training rows, on which probabilities are calibrated


class TooManyNeighbors(BadInput):
    """More neighbours are asked for than there are training rows."""

    def __init__(self, n_neighbors: int, training_rows: int) -> None:
        super().__init__(
            f"estimator.n_neighbors={n_neighbors} is more than the {training_rows} training rows; "
            f"choose 1 to {training_rows}."
        )
        self.n_neighbors, self.training_rows = n_neighbors, training_rows


def check_estimator(estimator: Estimator, training_rows: int) -> None:
    """Refuse what is known before any fitting.

    Raises
    ------
    UnknownKey : a parameter that the class does not have.
    BadValue : a value that the class refuses, in scikit-learn's words; a KNN's metric that needs more than its name.
    TooManyNeighbors : more neighbours than training rows.
    BadInput : a class that cannot be imported.
    """
    _check_params(estimator)
    if estimator.name == KNN and estimator.values["n_neighbors"] > training_rows:
        raise TooManyNeighbors(estimator.values["n_neighbors"], training_rows)


@lru_cache(4096)
def _check_params(estimator: Estimator) -> None:
    found, values = _find_class(estimator.target), estimator.values
    known = _list_params(found)
    if known and (extra := [name for name in values if name not in known]):
        raise UnknownKey(f"estimator.{extra[0]}", [f"estimator.{name}" for name in known])
    if estimator.name == KNN:
        _check_knn(values)
    try:
        made = found(**_thaw(values))
        # scikit-learn's own check, which it makes at each fit; other classes inherit it without constraints.
        if hasattr(made, "_parameter_constraints"):
            made._validate_params()
    except InvalidParameterError as error:
        raise _explain_value(error, values) from None
    except (Exception, SystemExit) as error:
        raise BadInput(f"{estimator.target} cannot be made: {clip(error)}") from error


def _check_knn(values: Mapping[str, Any]) -> None:
    if type(values["n_neighbors"]) is not int or values["n_neighbors"] < 1:
        raise _refuse("n_neighbors", values, "an integer of at least 1")
    if values["metric"] not in METRICS:
        raise _refuse("metric", values, "one of " + ", ".join(METRICS))
    if values["metric"] == "minkowski" and values["p"] is None:
        raise BadValue("estimator.p", "null", "a number above 0 with estimator.metric=minkowski")


def _explain_value(error: Exception, values: Mapping[str, Any]) -> BadInput:
    text = " ".join(str(error).split())
    parts = re.match(r"The '(\w+)' parameter of \w+ must be (.+?)\. Got .* instead\.", text)
    if parts is None or parts[1] not in values:
        return BadInput(f"{clip(text).rstrip('.')}.")
    allowed = re.sub(r"a str among \{([^}]*)\}", lambda names: _list_names(names[1]), parts[2])
    for pattern, words in _PLAIN_WORDS:
        allowed = re.sub(pattern, words, allowed)
    return _refuse(parts[1], values, allowed)


def _list_names(names: str) -> str:
    return f"one of {', '.join(sorted(name.strip(chr(39)) for name in names.split(', ')))}"


def _refuse(name: str, values: Mapping[str, Any], allowed: str) -> BadValue:
    key = f"estimator.{name}"
    return BadValue(key, format_param(values[name], key), allowed)


@cache
def _find_class(target: str) -> Any:
    """Return a class by its dotted name, or raise BadInput: no such class, or one without fit and predict."""
    module, _, name = target.rpartition(".")
    found = import_typed(f"estimator._target_={clip(target)}", module, name)
    lacking = [word for word in ("fit", "predict", "get_params") if not callable(getattr(found, word, None))]
    if not inspect.isclass(found) or lacking:
        raise BadInput(
            f"estimator._target_={clip(target)} is not a classifier of scikit-learn's kind: "
            f"{'it lacks ' + ', '.join(lacking) if lacking else 'it is not a class'}."
        )
    return found


def _list_params(found: Any) -> list[str]:
    """Return the parameters that a class takes by name; none if it takes any."""
    params = inspect.signature(found).parameters.values()
    takes_any = any(param.kind is param.VAR_KEYWORD for param in params)
    return [] if takes_any else [param.name for param in params if param.kind is not param.VAR_POSITIONAL]


def check_loading(estimator: Estimator, trust: Collection[str]) -> None:
    """Refuse, with BadInput, a class whose models would not be loaded again, before any is fitted."""
    other = set() if is_allowed(estimator.target) else {estimator.target}
    if lacking := (check_arrays(_find_class(estimator.target)) or other) - {*trust}:
        raise BadInput(
            f"estimator._target_={estimator.target} is not of scikit-learn, or its models cannot be checked; they are "
            f"loaded again only if that is typed: {format_trust([*trust, *lacking])}"
        )


def check_effect(estimators: Collection[Estimator]) -> None:
    """Refuse a power of distances that no KNN among these would use; the default one is not typed."""
    knns = [estimator.values for estimator in estimators if estimator.name == KNN]
    powers = [values["p"] for values in knns if values["p"] not in (None, read_family(KNN).defaults["p"])]
    if powers and all(values["metric"] != "minkowski" for values in knns):
        raise BadInput(f"estimator.p={powers[0]:g} has an effect only with estimator.metric=minkowski; leave it out.")


def choose_preprocess(preprocess: Preprocess, estimator: Estimator, schema: Schema, rows: int) -> Preprocess:
    """Return what `preprocess=auto` stands for with these columns, and any other word as it is.

    Raises
    ------
    BadInput : the columns have gaps or are not all numbers, and the word does not handle that.
    """
    family, plain = read_family(estimator.name), is_plain(schema)
    if preprocess.name == "auto":
        return Preprocess(family.preprocess if plain else family.mixed)
    if preprocess.name == "native" and family.mixed != "native":
        taken = join_or([f"estimator={one.name}" for one in list_families() if one.mixed == "native"])
        raise BadInput(f"preprocess=native is of {taken}; type preprocess=auto, or leave it out.")
    if preprocess.name == "none" and not plain:
        gaps = [f"{clip(one.name)} {round(one.missing * rows)}" for one in schema if one.missing]
        others = [f"{clip(one.name)} ({one.kind})" for one in schema if one.kind is not Kind.NUMBER]
        counts = {"gaps in": gaps, "no numbers in": others}
        found = " and ".join(f"{what} {len(names)} ({join_names(names)})" for what, names in counts.items() if names)
        raise BadInput(
            f"preprocess=none leaves columns as they are, and of {len(schema)} there are {found}; type preprocess=auto "
            "to handle them, or leave it out."
        )
    return preprocess


def build_estimator(
    estimator: Estimator,
    preprocess: Preprocess,
    random_state: int | None = None,
    rarest: int = _FOLDS,
    schema: Schema = (),
    grouped: bool = False,
) -> Any:
    """Return the unfitted classifier; with a step before it, a Pipeline of both.

    Parameters
    ----------
    schema : of the columns; without one they are numbers without gaps.
    grouped : whether `fit_estimator` will be given groups.
    random_state : for a class that has one and to which none was typed.
    rarest : the training rows of the rarest class; probabilities are calibrated on as many folds, at most 5. With a
        single row they cannot be, and there are none.
    """
    classifier = _find_class(estimator.target)(**_thaw(estimator.values))
    if "random_state" in classifier.get_params() and "random_state" not in estimator.values:
        classifier.set_params(random_state=random_state)
    if read_family(estimator.name).calibrated and rarest > 1:
        from sklearn.calibration import CalibratedClassifierCV

        classifier = CalibratedClassifierCV(classifier, ensemble=False, cv=min(_FOLDS, rarest))
    if not is_plain(schema):
        # Late, since most tables do without.
        from seedbed.estimators.preparation import find_categories, make_preparation

        native, own = preprocess.name == "native", "categorical_features"
        if native and own in classifier.get_params() and own not in estimator.values:
            classifier.set_params(categorical_features=list(range(len(find_categories(schema)))) or None)
        steps = make_preparation(schema, not native, random_state, rarest, grouped)
        return Pipeline([*steps, ("classify", classifier)])
    if preprocess.name != "standardize":
        return classifier
    return Pipeline([("standardize", StandardScaler()), ("classify", classifier)])


def find_groups(schema: Schema, groups: Labels | None) -> Labels | None:
    """Return training rows' groups if something is cross-fitted by them: where a column has many categories."""
    if groups is None or is_plain(schema):
        return None
    from seedbed.estimators.preparation import has_many

    return groups if any(map(has_many, schema)) and len(set(groups)) > 1 else None


def fit_estimator(estimator: Any, features: pd.DataFrame, labels: Labels, groups: Labels | None = None) -> None:
    """Fit an estimator; `groups`, if they are not None, go to its step that takes folds of whole groups."""
    if groups is None:
        estimator.fit(features, labels)
        return
    with config_context(enable_metadata_routing=True):
        estimator.fit(features, labels, groups=groups)


def _thaw(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _thaw(item) for name, item in value.items()}
    return list(map(_thaw, value)) if isinstance(value, tuple) else value


@contextmanager
def silence_warnings() -> Iterator[None]:
    """Silence scikit-learn's warnings, such as that p below 1 is slow, which each run would repeat."""
    with warnings.catch_warnings():
        for category in (UserWarning, FutureWarning, RuntimeWarning):
            warnings.filterwarnings("ignore", category=category, module=r"sklearn\.")
        yield


def classify(classifier: Any, features: pd.DataFrame) -> tuple[Labels, Floats]:
    """Return what `answers.classify` does, without scikit-learn's warnings."""
    with silence_warnings():
        return answers.classify(classifier, features)
