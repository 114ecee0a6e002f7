"""Whether the arrays inside a loaded model are sound: those by whose numbers compiled code finds its way in memory.

skops judges types alone, and scikit-learn believes the indices that its trees hold. What is sound here cannot make
`predict` read outside of an array or go round in a circle. It travels with an exported page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

_PLAIN = (str, bytes, int, float, complex, type, type(None), np.generic)
_BITSET = 8  # numbers of 32 bits, for the 256 categories that a column may have
_KERNELS = ("linear", "poly", "rbf", "sigmoid")
# Bases of estimators that skops trusts, whose compiled code goes by arrays that nothing here checks.
_UNCHECKED = {"BaseGradientBoosting", "IsolationForest", "LatentDirichletAllocation", "_BaseKMeans", "_BaseNMF"}
_UNCHECKED |= {"Birch", "_BaseSparseCoding"}


def check_arrays(model: Any) -> set[str]:
    """Check what a model, or one of a class, is made of, wherever it lies; return the names of types not checked.

    Raises
    ------
    ValueError : what is wrong, as the end of a sentence; other errors are of parts that are not what they should be.
    """
    nodes: list[tuple[Any, ...]] = []
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(model, ())]  # each with the objects that it lies in
    seen: set[tuple[int, ...]] = set()
    kinds: set[type] = {model} if isinstance(model, type) else set()
    while waiting:
        value, holders = waiting.pop()
        if isinstance(value, _PLAIN) or (key := (id(value), *map(id, holders[-1:]))) in seen:
            continue
        seen.add(key)
        kinds.add(type(value))
        for check in _find_checks(type(value)):  # type: ignore[arg-type]
            nodes += check(value, holders) or ()
        if isinstance(value, dict | list | tuple | set | frozenset | np.ndarray):
            waiting += [(part, holders) for part in _list_parts(value)]
        elif hasattr(value, "__dict__"):
            waiting += [(part, (*holders, value)) for part in vars(value).values()]
    _check_nodes(nodes)
    own = ((kind, base) for kind in kinds for base in kind.__mro__ if base.__module__.startswith("sklearn."))
    return {f"{kind.__module__}.{kind.__qualname__}" for kind, base in own if base.__name__ in _UNCHECKED}


def _list_parts(container: Any) -> list[Any]:
    if isinstance(container, np.ndarray):
        return list(container.flat) if container.dtype.hasobject else []
    return [*container, *container.values()] if isinstance(container, dict) else [*container]


def _require(sound: Any, why: str) -> None:
    if not sound:
        raise ValueError(why)


def _get_width(estimator: Any) -> int:
    """Return how many features an estimator takes, which scikit-learn compares with the rows that it is given."""
    width = vars(estimator).get("n_features_in_")
    _require(type(width) is int and width > 0, f"{type(estimator).__name__} does not say how many features it takes")
    return int(width)


def _check_attributes(value: Any, holders: Any) -> None:
    _require(not type(value).__module__.startswith("scipy."), "sparse arrays are not loaded")
    covered = [name for name in getattr(value, "__dict__", ()) if callable(getattr(type(value), name, None))]
    _require(not covered, f"values of {type(value).__name__} take the place of its {', '.join(covered)}")


def _check_function(value: Any, holders: tuple[Any, ...]) -> None:
    """Allow the one function that boosting makes, to check its numerical columns, in its one place."""
    inside = [type(holder).__name__ for holder in holders[-3:]]
    boosting = inside[:1] in (["HistGradientBoostingClassifier"], ["HistGradientBoostingRegressor"])
    own = boosting and inside[1:] == ["ColumnTransformer", "FunctionTransformer"] and _is_column_check(value)
    other = value.__module__ not in ("sklearn.utils.validation", "functools")  # allowed by its name
    _require(own or other, f"{getattr(value, '__name__', 'a partial function')} is not one that boosting makes")


def _is_column_check(value: Any) -> bool:
    if type(value) is not partial or value.args or vars(value):
        return False
    keywords = {"dtype": [np.float64], "ensure_all_finite": False}
    function = getattr(value.func, "__module__", ""), getattr(value.func, "__name__", "")
    return function == ("sklearn.utils.validation", "check_array") and value.keywords == keywords


def _check_forest(forest: Any, holders: Any) -> None:
    """Check that the trees, which are not asked to look at the rows again, take rows as wide as the forest's."""
    widths = [_get_width(tree) for tree in getattr(forest, "estimators_", ())]
    _require(not widths or {*widths} == {_get_width(forest)}, "a tree takes other features than its forest")


def _take_tree(tree: Any, holders: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return what `_check_nodes` takes of a decision tree, and check the rest of it."""
    holder, classes = holders[-1], tree.n_classes
    width, outputs = _get_width(holder), getattr(holder, "n_outputs_", tree.n_outputs)
    sizes = tree.n_features, tree.n_outputs, *tree.value.shape
    sound = sizes == (width, outputs, tree.node_count, outputs, classes.max())
    sound = sound and np.array_equal(np.atleast_1d(getattr(holder, "n_classes_", classes)), classes)
    _require(sound, f"a tree is not of the {width} features and the classes of its {type(holder).__name__}")
    nodes = tree.__getstate__()["nodes"]
    left, right = nodes["left_child"], nodes["right_child"]
    _require(((left == -1) == (right == -1)).all(), "a node of a tree has one child")
    return [(left, right, nodes["feature"], left == -1, width, tree.max_depth)]


def _take_predictor(predictor: Any, holders: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return what `_check_nodes` takes of a tree of histogram boosting, and check its categories."""
    nodes, bitsets, boosting = predictor.nodes, predictor.raw_left_cat_bitsets, holders[-1]
    leaf, feature, mapper = nodes["is_leaf"] != 0, nodes["feature_idx"], boosting._bin_mapper
    if (asking := ~leaf & (nodes["is_categorical"] != 0)).any():
        sound = type(mapper).__name__ == "_BinMapper" and mapper.is_categorical_.shape == (_get_width(boosting),)
        sound = sound and np.isin(feature[asking], np.flatnonzero(mapper.is_categorical_)).all()
        sound = sound and bitsets.shape[1:] == (_BITSET,) and (nodes["bitset_idx"][asking] < len(bitsets)).all()
        _require(sound, "a node of a tree asks for categories that its column does not have")
    return [(nodes["left"], nodes["right"], feature, leaf, _get_width(boosting), len(nodes))]


def _check_nodes(trees: list[tuple[Any, ...]]) -> None:
    """Check the nodes of all trees at once: each but the root comes after its one parent; features and depth.

    Parameters
    ----------
    trees : of each the left and right children, the features and whether they are leaves, arrays of shape (n_nodes,);
        the number of features; the greatest depth.
    """
    if not trees:
        return
    lefts, rights, features, leaves, widths, depths = zip(*trees, strict=True)
    left, right, feature, leaf = map(np.concatenate, (lefts, rights, features, leaves))
    counts = np.array([len(nodes) for nodes in leaves])
    _require((counts > 0).all(), "a tree has no nodes")
    start, count, width, depth = (np.repeat(of, counts) for of in (np.cumsum(counts) - counts, counts, widths, depths))
    inner = np.flatnonzero(~leaf)
    parents, children = np.tile(inner, 2), np.concatenate([left[inner], right[inner]]).astype(np.int64)
    later = (children > parents - start[parents]) & (children < count[parents])
    _require(later.all(), "the child of a node is not a later node of its tree")
    times = np.bincount(children + start[parents], minlength=len(leaf))
    _require((times <= 1).all(), "a node of a tree has two parents")
    _require(times.sum() == len(leaf) - len(trees), "a node of a tree has no parent")
    _require(((feature[inner] >= 0) & (feature[inner] < width[inner])).all(), "a node of a tree asks for no feature")
    level, rows = 0, np.cumsum(counts) - counts
    while len(rows):
        _require((depth[rows] >= level).all(), "a tree is deeper than it says")
        rows = rows[~leaf[rows]]
        level, rows = level + 1, np.concatenate([left[rows], right[rows]]) + np.tile(start[rows], 2)


def _check_neighbor_tree(tree: Any, holders: Any) -> None:
    """Check a KD tree or ball tree: its nodes halve the rows, and each row is in one leaf."""
    data, rows, nodes, bounds, leaf_size, levels, count, *_, metric, weights = tree.__getstate__()
    start, end, inner = nodes["idx_start"], nodes["idx_end"], np.flatnonzero(nodes["is_leaf"] == 0)
    left, right, total = 2 * inner + 1, 2 * inner + 2, len(data)
    sizes = len(nodes), count, bounds.shape[1:], start[0], end[0], total if weights is None else len(weights)
    sound = sizes == (count, 2 ** min(levels, 62) - 1, (count, data.shape[1]), 0, total, total) and leaf_size > 0
    sound = sound and len(bounds) == (2 if any("_kd_tree" in kind.__module__ for kind in type(tree).__mro__) else 1)
    sound = sound and (right < count).all() and (start <= end).all() and np.array_equal(np.sort(rows), np.arange(total))
    sound = sound and (start[left] == start[inner]).all() and (end[left] == start[right]).all()
    _require(sound and (end[right] == end[inner]).all(), f"the nodes of a {type(tree).__name__} do not halve its rows")
    metric._validate_data(np.asarray(data))  # its own arrays are then as wide as the rows


def _check_neighbors(estimator: Any, holders: Any) -> None:
    for params in (estimator.metric_params or (), vars(estimator).get("effective_metric_params_", ())):
        norms = "X_norm_squared" in params or "Y_norm_squared" in params  # which would be taken as they are
        _require(not norms, f"parameters of the metric of {type(estimator).__name__} hold norms of its rows")
    if (rows := getattr(estimator, "_fit_X", None)) is not None:
        sound = isinstance(rows, np.ndarray) and rows.shape == (estimator.n_samples_fit_, _get_width(estimator))
        if sound and hasattr(estimator, "classes_") and not estimator.outputs_2d_:
            labels = estimator._y
            sound = labels.shape == rows.shape[:1] and 0 <= labels.min() <= labels.max() < len(estimator.classes_)
        _require(sound, f"the rows and labels of {type(estimator).__name__} are not as many or as wide as it says")


def _check_support_vectors(machine: Any, holders: Any) -> None:
    if hasattr(machine, "support_"):
        count, total, each = len(machine._n_support), len(machine.support_), machine.n_support_
        pairs = count * (count - 1) // 2
        shapes = machine.support_vectors_.shape, machine._dual_coef_.shape, machine._intercept_.shape
        sound = shapes == ((total, _get_width(machine)), (count - 1, total), (pairs,)) and not machine._sparse
        sound = sound and {len(machine._probA), len(machine._probB)} in ({0}, {pairs}) and machine.kernel in _KERNELS
        sound = sound and count > 1 and (each >= 0).all() and each.sum(dtype=np.int64) == total
        _require(sound, f"the support vectors of {type(machine).__name__} are not as many or as wide as it says")


def _check_random_numbers(random: Any, holders: Any) -> None:
    """Check where a generator stands in the numbers that it has ready, MT19937 and Philox: numpy believes the file."""
    state = random.get_state(legacy=False) if hasattr(random, "get_state") else random.bit_generator.state
    sound = 0 <= state["state"].get("pos", 0) <= 624 and 0 <= state.get("buffer_pos", 0) <= 4
    _require(sound, f"a {type(random).__name__} stands outside of its numbers")


def _check_boosting(boosting: Any, holders: Any) -> None:
    """Check that the preprocessing of boosting with categories leaves the rows as wide as they are."""
    if (before := vars(boosting).get("_preprocessor")) is not None:
        (first, encoder, categorical), (second, numbers, numerical), rest = before.transformers_
        width, columns = _get_width(boosting), before._transformer_to_input_indices
        kinds = [type(part).__name__ for part in (before, encoder, numbers)]
        sound = kinds == ["ColumnTransformer", "OrdinalEncoder", "FunctionTransformer"]
        sound = sound and _is_column_check(numbers.func) and before.n_features_in_ == width
        sound = sound and categorical.dtype == bool and categorical.shape == (width,)
        sound = sound and np.array_equal(categorical, ~numerical) and rest[:2] == ("remainder", "drop")
        sound = sound and np.array_equal(columns[first], np.flatnonzero(categorical))
        sound = sound and np.array_equal(columns[second], np.flatnonzero(numerical))
        _require(sound, f"the preprocessing of {type(boosting).__name__} is not its own")


Check = Callable[[Any, tuple[Any, ...]], Any]  # of a value and what it lies in; may return nodes for `_check_nodes`
_CHECKS: dict[str, Check] = {"partial": _check_function, "function": _check_function, "Tree": _take_tree}
_CHECKS |= {"TreePredictor": _take_predictor, "BaseForest": _check_forest, "NeighborsBase": _check_neighbors}
_CHECKS |= {"BaseHistGradientBoosting": _check_boosting, "BaseLibSVM": _check_support_vectors}
_CHECKS |= {"BinaryTree32": _check_neighbor_tree, "BinaryTree64": _check_neighbor_tree}
_CHECKS |= {"RandomState": _check_random_numbers, "Generator": _check_random_numbers}


@cache
def _find_checks(kind: type) -> list[Check]:
    """Return the checks of a type, by the names of its bases: nothing of scikit-learn is imported for them."""
    owners = ("sklearn.", "numpy.", "functools", "builtins")
    named = [base for base in kind.__mro__ if base.__module__.startswith(owners)]
    found = [_CHECKS[base.__name__] for base in named if base.__name__ in _CHECKS]
    return [*found, _check_attributes] if kind.__module__.startswith(("sklearn.", "scipy.sparse.")) else found
