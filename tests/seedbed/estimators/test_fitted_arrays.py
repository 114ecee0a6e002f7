"""Models whose arrays were changed before they were stored: none is loaded by which predict would read elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from seedbed.estimators.loading import DamagedModel, load

RNG = np.random.default_rng(0)
X = np.column_stack([np.arange(80) % 5, RNG.normal(size=(80, 2))])
Y = np.array(["a", "b", "c", "b"] * 20)


def fit_tree() -> DecisionTreeClassifier:
    return DecisionTreeClassifier(random_state=0).fit(X, Y)


def fit_forest() -> RandomForestClassifier:
    return RandomForestClassifier(3, random_state=0).fit(X, Y)


def fit_boosting() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2, categorical_features=[0]).fit(X, Y)


def fit_neighbors(algorithm: str = "kd_tree") -> KNeighborsClassifier:
    return KNeighborsClassifier(3, algorithm=algorithm, leaf_size=5).fit(X, Y)


def refuse(model: Any, folder: Path, words: str) -> None:
    """Store a model, and expect that it is not loaded; alone, in a pipeline, and wherever else an estimator lies."""
    calibrated = CalibratedClassifierCV(cv=2)
    calibrated.calibrated_classifiers_ = [model]
    for whole in (model, make_pipeline(StandardScaler(), model), calibrated):
        skops.io.dump(whole, folder / "model.skops")
        with pytest.raises(DamagedModel, match=words) as raised:
            load(folder / "model.skops")
        assert str(raised.value).startswith("The model in model.skops cannot be read: ")
        assert str(raised.value).count("\n") == 0


def nodes_of(tree: Any) -> Any:
    """Return a view on the nodes of a decision tree, by which they can be changed."""
    return tree.tree_.__getstate__()["nodes"]


def set_node(field: str, value: int, row: int = 0) -> Callable[[Any], None]:
    def change(nodes: Any) -> None:
        nodes[field][row] = value

    return change


def share_a_child(nodes: Any) -> None:
    inner = np.flatnonzero(nodes["left_child"] != -1)
    nodes["left_child"][inner[0]] = nodes["right_child"][inner[0]]


def close_a_circle(nodes: Any) -> None:
    inner = np.flatnonzero(nodes["left_child"] != -1)
    nodes["left_child"][inner[1]] = inner[0]


NODES = {
    "child beyond the nodes": (set_node("left_child", 10**6), "not a later node"),
    "child before the nodes": (set_node("right_child", -5), "not a later node"),
    "child that is hardly a number": (set_node("right_child", 2**63 - 1), "not a later node"),
    "circle": (close_a_circle, "not a later node"),
    "circle of one": (set_node("left_child", 0), "not a later node"),
    "two parents": (share_a_child, "two parents"),
    "one child": (set_node("right_child", -1), "has one child"),
    "children left out": (lambda nodes: [set_node(f, -1)(nodes) for f in ("left_child", "right_child")], "no parent"),
    "feature": (set_node("feature", 3), "asks for no feature"),
    "feature below": (set_node("feature", -2), "asks for no feature"),
}


@pytest.mark.parametrize("name", NODES)
def test_a_tree_is_refused_for_its_nodes(name: str, tmp_path: Path) -> None:
    change, words = NODES[name]
    model = fit_tree()
    change(nodes_of(model))
    refuse(model, tmp_path, words)


@pytest.mark.parametrize("name", NODES)
def test_one_tree_of_a_forest_is_enough(name: str, tmp_path: Path) -> None:
    change, words = NODES[name]
    model = ExtraTreesClassifier(3, random_state=0).fit(X, Y)
    change(nodes_of(model.estimators_[1]))
    refuse(model, tmp_path, words)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_single_changed_index_is_refused_unless_the_tree_is_still_one(
    data: st.DataObject, tmp_path_factory: Any
) -> None:
    model = fit_tree()
    nodes = nodes_of(model)
    inner = np.flatnonzero(nodes["left_child"] != -1)
    row = data.draw(st.sampled_from(list(inner)))
    field = data.draw(st.sampled_from(["left_child", "right_child", "feature"]))
    before = int(nodes[field][row])
    value = data.draw(st.integers(-3, len(nodes) + 3) | st.integers(-(2**63), 2**63 - 1))
    nodes[field][row] = value
    file = tmp_path_factory.mktemp("tree") / "model.skops"
    skops.io.dump(model, file)
    if value == before or field == "feature" and 0 <= value < X.shape[1]:
        assert set(load(file).predict(X)) <= set(Y)
        assert load(file).decision_path(X).shape == (len(X), len(nodes))
    else:
        with pytest.raises(DamagedModel):
            load(file)


def change_depth(tree: Any) -> None:
    tree.tree_.__setstate__({**tree.tree_.__getstate__(), "max_depth": 1})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_depth, "deeper than it says"),
        (lambda tree: vars(tree).update(n_features_in_=2), "not of the 2 features"),
        (lambda tree: vars(tree).update(n_features_in_=4), "not of the 4 features"),
        (lambda tree: vars(tree).pop("n_features_in_"), "does not say how many features"),
        (lambda tree: vars(tree).update(n_features_in_="3"), "does not say how many features"),
        (lambda tree: vars(tree).update(n_classes_=2), "the classes of its DecisionTreeClassifier"),
        (lambda tree: vars(tree).update(n_outputs_=2), "the classes of its DecisionTreeClassifier"),
        (lambda tree: vars(tree).update(_validate_X_predict=np.add), "take the place of its _validate_X_predict"),
    ],
)
def test_a_tree_is_refused_if_its_estimator_says_otherwise(
    change: Callable[[Any], Any], words: str, tmp_path: Path
) -> None:
    model = fit_tree()
    change(model)
    refuse(model, tmp_path, words)


def test_a_tree_without_nodes_is_refused(tmp_path: Path) -> None:
    model = fit_tree()
    kind = type(model.tree_)
    model.tree_ = kind(3, np.array([3]), 1)
    refuse(model, tmp_path, "no nodes|cannot be read")


@pytest.mark.parametrize("width", [2, 4])
def test_a_forest_is_refused_if_its_trees_take_other_features(width: int, tmp_path: Path) -> None:
    model = fit_forest()
    model.n_features_in_ = width
    refuse(model, tmp_path, "other features than its forest")
    del model.n_features_in_
    refuse(model, tmp_path, "does not say how many features")


def set_predictor(field: str, value: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        model._predictors[0][1].nodes[field][0] = value

    return change


def split_by_category(model: Any) -> Any:
    """Return a tree of boosting whose root asks for a category."""
    predictor = model._predictors[0][0]
    predictor.nodes["is_categorical"][0], predictor.nodes["feature_idx"][0] = 1, 0
    predictor.nodes["bitset_idx"][0] = 0
    if not len(predictor.raw_left_cat_bitsets):
        predictor.raw_left_cat_bitsets = np.zeros((1, 8), dtype=np.uint32)
    return predictor


def set_category(change: Callable[[Any], Any]) -> Callable[[Any], None]:
    return lambda model: change(split_by_category(model))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_predictor("left", 10**6), "not a later node"),
        (set_predictor("right", 0), "not a later node"),
        (set_predictor("left", 2), "two parents|no parent"),
        (set_predictor("feature_idx", 99), "asks for no feature|categories"),
        (set_predictor("feature_idx", -1), "asks for no feature|categories"),
        (set_predictor("is_leaf", 1), "no parent"),
        (set_category(lambda tree: tree.nodes["bitset_idx"].__setitem__(0, 77)), "categories"),
        (set_category(lambda tree: tree.nodes["feature_idx"].__setitem__(0, 1)), "categories"),
        (set_category(lambda tree: vars(tree).update(raw_left_cat_bitsets=np.zeros((9, 4), np.uint32))), "categories"),
        (lambda model: vars(model).pop("n_features_in_"), "does not say how many features"),
        (lambda model: vars(model).update(n_features_in_=2), "preprocessing of HistGradientBoostingClassifier"),
    ],
)
def test_boosting_is_refused_for_its_nodes(change: Callable[[Any], Any], words: str, tmp_path: Path) -> None:
    model = fit_boosting()
    change(model)
    refuse(model, tmp_path, words)


def test_boosting_that_asks_for_a_category_is_loaded(tmp_path: Path) -> None:
    model = fit_boosting()
    split_by_category(model)
    skops.io.dump(model, tmp_path / "model.skops")
    assert np.array_equal(load(tmp_path / "model.skops").predict_proba(X), model.predict_proba(X))


def test_boosting_without_a_column_of_categories_cannot_ask_for_one(tmp_path: Path) -> None:
    model = HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2).fit(X, Y)
    split_by_category(model)
    refuse(model, tmp_path, "categories")


def test_a_tree_of_boosting_lies_in_one(tmp_path: Path) -> None:
    model = fit_tree()
    model.kept_ = fit_boosting()._predictors
    refuse(model, tmp_path, "_bin_mapper|outside")


def set_state(place: int, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def set_changed(model: Any) -> None:
        state = list(model._tree.__getstate__())
        new = change(np.array(state[place]) if isinstance(state[place], np.ndarray) else state[place])
        model._tree.__setstate__((*state[:place], new, *state[place + 1 :]))

    return set_changed


def set_field(field: str, row: int, value: int) -> Callable[[Any], Any]:
    def change(nodes: Any) -> Any:
        nodes[field][row] = value
        return nodes

    return change


def set_item(row: int, value: int) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        array[row] = value
        return array

    return change


@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
@pytest.mark.parametrize(
    "change",
    [
        set_state(1, set_item(0, 10**6)),
        set_state(1, set_item(0, -1)),
        set_state(1, lambda rows: np.sort(rows)[np.r_[0, 0, 2 : len(rows)]]),
        set_state(1, lambda rows: rows[:-1].copy()),
        set_state(2, set_field("idx_end", 0, 10**6)),
        set_state(2, set_field("idx_start", -1, -7)),
        set_state(2, set_field("idx_start", -1, 0)),
        set_state(2, set_field("is_leaf", -1, 0)),
        set_state(2, lambda nodes: nodes[:-1].copy()),
        set_state(3, lambda bounds: bounds[:, :-1].copy()),
        set_state(3, lambda bounds: bounds[:, :, :-1].copy()),
        set_state(3, lambda bounds: bounds[:0].copy()),
        set_state(5, lambda levels: levels + 1),
        set_state(6, lambda count: count - 1),
        set_state(11, lambda metric: None),
        lambda model: vars(model).update(n_samples_fit_=10**6),
        lambda model: model._y.__setitem__(0, 99),
        lambda model: model._y.__setitem__(0, -1),
        lambda model: vars(model).update(_y=model._y[:-1]),
        lambda model: vars(model).update(_fit_X=model._fit_X[:, :2].copy()),
    ],
)
def test_neighbors_are_refused_for_their_tree_and_rows(
    change: Callable[[Any], None], algorithm: str, tmp_path: Path
) -> None:
    model = fit_neighbors(algorithm)
    change(model)
    refuse(model, tmp_path, "do not halve its rows|not as many or as wide|index|attribute|NoneType|shape|operands")


@pytest.mark.parametrize("params", ["metric_params", "effective_metric_params_"])
@pytest.mark.parametrize("norms", ["X_norm_squared", "Y_norm_squared"])
def test_neighbors_are_refused_for_norms_that_would_be_believed(params: str, norms: str, tmp_path: Path) -> None:
    model = KNeighborsClassifier(3, algorithm="brute", metric="euclidean").fit(X, Y)
    setattr(model, params, {norms: np.zeros(1)})
    refuse(model, tmp_path, "metric of KNeighborsClassifier hold norms")


@pytest.mark.parametrize(
    ("made", "change"),
    [
        (np.random.RandomState(0), lambda state: state["state"].update(pos=625)),
        (np.random.RandomState(0), lambda state: state["state"].update(pos=-1)),
        (np.random.Generator(np.random.MT19937(0)), lambda state: state["state"].update(pos=10**6)),
        (np.random.Generator(np.random.Philox(0)), lambda state: state.update(buffer_pos=-7)),
    ],
)
def test_random_numbers_are_refused_if_the_next_one_lies_elsewhere(
    made: Any, change: Callable[[Any], Any], tmp_path: Path
) -> None:
    numbers = made._bit_generator if isinstance(made, np.random.RandomState) else made.bit_generator
    state = numbers.state
    change(state)
    numbers.state = state
    model = fit_tree()
    model.kept_ = made
    refuse(model, tmp_path, "stands outside of its numbers")


@pytest.mark.parametrize("bits", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_random_numbers_go_on_where_they_were(bits: str, tmp_path: Path) -> None:
    model, numbers = fit_tree(), np.random.Generator(getattr(np.random, bits)(0))
    numbers.random(700)
    model.kept_ = [numbers, np.random.RandomState(0)]
    skops.io.dump(model, tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops").kept_
    assert [loaded[0].random(), loaded[1].random()] == [numbers.random(), np.random.RandomState(0).random()]


def test_a_metric_has_numbers_for_all_features(tmp_path: Path) -> None:
    model = KNeighborsClassifier(3, algorithm="ball_tree", metric="seuclidean", metric_params={"V": np.ones(3)})
    model.fit(X, Y)
    skops.io.dump(model, tmp_path / "model.skops")
    assert list(load(tmp_path / "model.skops").predict(X)) == list(model.predict(X))
    metric = model._tree.__getstate__()[11]
    metric.__setstate__((2.0, np.ones(1), np.ones((1, 1))))
    refuse(model, tmp_path, "V does not match")


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model._n_support.__setitem__(0, 10**6),
        lambda model: model._n_support.__setitem__(slice(2), (-1, 1 + model._n_support[:2].sum())),
        lambda model: vars(model).update(_n_support=model._n_support[:2].copy()),
        lambda model: vars(model).update(_n_support=np.array([len(model.support_)], dtype=np.int32)),
        lambda model: vars(model).update(_dual_coef_=model._dual_coef_[:1].copy()),
        lambda model: vars(model).update(_dual_coef_=model._dual_coef_[:, :-1].copy()),
        lambda model: vars(model).update(_intercept_=model._intercept_[:1].copy()),
        lambda model: vars(model).update(support_vectors_=model.support_vectors_[:, :1].copy()),
        lambda model: vars(model).update(support_vectors_=model.support_vectors_[:-1].copy()),
        lambda model: vars(model).update(support_=model.support_[:-1].copy()),
        lambda model: vars(model).update(_probA=np.zeros(1)),
        lambda model: vars(model).update(_sparse=True),
        lambda model: vars(model).update(kernel="precomputed"),
        lambda model: vars(model).update(n_features_in_=2),
    ],
)
def test_support_vectors_are_refused_if_there_are_not_as_many_as_said(
    change: Callable[[Any], None], tmp_path: Path
) -> None:
    model = SVC().fit(X, Y)
    change(model)
    refuse(model, tmp_path, "support vectors of SVC are not as many or as wide as it says|n_support")
