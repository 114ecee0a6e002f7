"""What a sweep varied is read back from params, ordered, and its edges are seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.selection.axes import (
    NEIGHBORS,
    Axis,
    find_axes,
    find_edge,
    find_middle,
    format_label,
    name_differences,
    order_candidates,
    read_values,
)


def neighbors(*values: int) -> Axis:
    return Axis(NEIGHBORS, values)


@pytest.mark.parametrize(
    ("key", "values", "found"),
    [
        ("estimator.some", (1, 5, 11), (1, 5, 11)),
        ("split.some", (1.0, 2.5), (1, 2.5)),
        ("estimator.p", (1.0, 2.5), (1, 2.5)),
        ("estimator.some", (1.0, 2.5), (1.0, 2.5)),
        ("estimator.some", (1, 1.0, True, "1.5"), (1, 1.0, True, "1.5")),
        ("estimator.some", (0.1, 1e-05), (0.1, 1e-05)),
        ("estimator.some", (True, False), (True, False)),
        ("split.some", (None, 3.0), (None, 3)),
        ("estimator.some", ("010", "1e-05"), ("010", "1e-05")),
        ("estimator.some", ((100,), (50, 50)), ((100,), (50, 50))),
    ],
)
def test_values_stay_what_they_are_and_whole_numbers_are_as_their_text(
    key: str, values: tuple[object, ...], found: tuple[object, ...]
) -> None:
    names = [f"c{place}" for place in range(len(values))]
    runs = pd.DataFrame({"candidate": names, f"params.{key}": pd.Series(values, dtype=object)})
    axes = find_axes(runs, {key: values})
    assert axes == (Axis(key, found),)
    own = [own[key] for own in read_values(runs, axes).values()]
    assert own == list(found) and list(map(type, own)) == list(map(type, found))
    assert [axes[0].index(value) for value in own] == list(range(len(own)))
    assert len({format_label({key: value}, axes) for value in own}) == len(own)


def test_whole_numbers_beside_an_empty_cell_are_those_of_the_config() -> None:
    runs = pd.DataFrame({"candidate": ["a", "b", "c"], f"params.{NEIGHBORS}": [1, 5, np.nan]})
    axes = find_axes(runs, {NEIGHBORS: [1, 5]})
    assert list(map(repr, (own[NEIGHBORS] for own in list(read_values(runs, axes).values())[:2]))) == ["1", "5"]


def test_a_param_that_some_candidates_lack_is_ordered_by_those_that_have_it() -> None:
    runs = pd.DataFrame({"candidate": ["a", "b", "c"], "params.estimator.some": [2.5, 1.0, np.nan]})
    axes = find_axes(runs, {})
    assert axes == (Axis("estimator.some", (1, 2.5)),) and axes[0].ordered
    assert read_values(runs, axes)["c"] == {}
    assert order_candidates(read_values(runs, axes), axes).candidates == ("b", "a", "c")


def test_numbers_are_ordered_and_words_and_truths_are_not() -> None:
    several: list[tuple[object, ...]] = [(1, 2.5), ("a", "b"), (True, False), (1, None), (1, 1.0)]
    assert [Axis("a", values).ordered for values in several] == [True, False, False, False, False]


def test_an_axis_is_called_as_a_sentence_calls_it() -> None:
    keys = (NEIGHBORS, "estimator.weights", "preprocess.name", "split.seed", "name")
    assert [Axis(key, ()).name for key in keys] == ["k", "weights", "preprocess", "seed", "name"]


@pytest.mark.parametrize(("tied", "taken"), [("1", 0), ("11", 0), ("111", 1), ("1111", 1), ("0100010", 1), ("0111", 2)])
def test_the_lower_middle_of_the_tied_is_taken(tied: str, taken: int) -> None:
    mask = np.array([[mark == "1" for mark in tied]])
    assert find_middle(mask, np.zeros(len(tied), dtype=np.intp)).tolist() == [taken]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=12).filter(
        lambda x: any(a for a, _ in x)
    )
)
def test_of_unordered_values_the_first_group_that_ties_is_taken(cells: list[tuple[bool, int]]) -> None:
    cells = sorted(cells, key=lambda cell: cell[1])
    tied, groups = np.array([cell[0] for cell in cells]), np.array([cell[1] for cell in cells])
    taken = int(find_middle(tied[None, :], groups)[0])
    among = [place for place in range(len(cells)) if tied[place] and groups[place] == groups[tied].min()]
    assert taken == among[(len(among) - 1) // 2]


def test_unordered_parameters_vary_slowest_in_the_configs_order_and_neighbors_fastest() -> None:
    axes = (neighbors(9, 1), Axis("estimator.p", (2, 1)), Axis("estimator.weights", ("uniform", "distance")))
    cells = [(k, p, w) for w in ("uniform", "distance") for p in (1, 2) for k in (1, 9)]
    values = {f"{k}{p}{w}": {NEIGHBORS: k, "estimator.p": p, "estimator.weights": w} for k, p, w in reversed(cells)}
    order = order_candidates(values, axes)
    assert order.candidates == tuple(f"{k}{p}{w}" for k, p, w in cells)
    assert order.groups.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert order.lines.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert order.steps.tolist() == [1] * 8


@pytest.mark.parametrize(
    ("family", "key", "step"),
    [("logistic", "C", -1), ("tree", "min_samples_leaf", 1), ("knn", "p", 0), ("own", "C", 0)],
)
def test_the_way_to_simpler_values_is_that_of_the_estimator(family: str, key: str, step: int) -> None:
    axes = (Axis(f"estimator.{key}", (1, 2), family),)
    order = order_candidates({"a": {axes[0].key: 2}, "b": {axes[0].key: 1}}, axes)
    assert (order.candidates, order.steps.tolist()) == (("b", "a"), [step, step])


def test_the_split_seed_is_no_axis_and_a_swept_group_is_told_by_what_it_changes() -> None:
    runs = pd.DataFrame(
        {
            "candidate": ["a", "b"],
            "params.estimator.n_neighbors": [5, 5],
            "params.estimator.weights": ["uniform", "distance"],
            "params.split.seed": [0, 1],
        }
    )
    axes = find_axes(runs, {"estimator": ["plain", "weighted"], "split.seed": [0, 1]})
    assert axes == (Axis("estimator.weights", ("distance", "uniform")),)
    assert read_values(runs, axes)["b"] == {"estimator.weights": "distance"}


def test_a_candidate_is_named_by_its_values() -> None:
    axes = (neighbors(1, 5), Axis("estimator.weights", ("uniform", "distance")))
    assert format_label({NEIGHBORS: 5, "estimator.weights": "distance"}, axes) == "k = 5, weights = distance"
    assert format_label({}, ()) == "the one candidate"


@pytest.mark.parametrize(
    ("axis", "value", "override"),
    [
        (neighbors(*range(1, 31)), 30, "estimator.n_neighbors=range(1,61)"),
        (neighbors(*range(11, 32, 2)), 11, "estimator.n_neighbors=range(1,32,2)"),
        (neighbors(1, 2, 5, 10), 10, "estimator.n_neighbors=1,2,5,10,20"),
        (neighbors(70, 80, 90), 90, "estimator.n_neighbors=70,80,90,96"),
        (neighbors(3, 13, 23), 3, "estimator.n_neighbors=1,3,13,23"),
        (neighbors(1, 3, 5), 1, None),
        (Axis("estimator.C", (0.1, 1.0, 10.0)), 0.1, "estimator.C=0.01,0.1,1.0,10.0"),
        (Axis("estimator.C", (0.1, 1.0, 10.0)), 10.0, "estimator.C=0.1,1.0,10.0,100.0"),
        (Axis("estimator.l1_ratio", (0.25, 0.5, 0.75)), 0.75, "estimator.l1_ratio=0.25,0.5,0.75,1.0"),
        (Axis("estimator.shift", (-2, 0, 2)), -2, "estimator.shift=range(-6,3,2)"),
    ],
)
def test_an_edge_names_a_wider_grid_where_there_is_one(axis: Axis, value: float, override: str | None) -> None:
    edge = find_edge(axis, value, axis.values, n_train=96)
    assert edge is not None
    assert edge.override == override


def test_a_parameters_own_end_is_an_edge_without_a_beyond() -> None:
    for value, side in ((1, "low"), (96, "high")):
        edge = find_edge(neighbors(*range(1, 97)), value, range(1, 97), n_train=96)
        assert edge is not None
        assert (edge.side, edge.own_bound, edge.override) == (side, True, None)


@pytest.mark.parametrize("axis", [neighbors(1, 5, 9), Axis("estimator.weights", ("a", "b", "c"))])
def test_inside_the_grid_and_among_words_there_is_no_edge(axis: Axis) -> None:
    assert find_edge(axis, axis.values[1], axis.values) is None
    assert find_edge(Axis("estimator.weights", ("a", "b")), "a", ("a", "b")) is None
    assert find_edge(neighbors(5), 5, (5,)) is None


def test_a_figure_names_what_differs() -> None:
    axes = (Axis("estimator.n_neighbors", (1, 3)), Axis("estimator.weights", ("uniform", "distance")))
    rows = [{"estimator.n_neighbors": k, "estimator.weights": "uniform"} for k in (1, 3)]
    assert name_differences(rows, axes) == ("k", ["1", "3"])
    rows[1]["estimator.weights"] = "distance"
    assert name_differences(rows, axes) == ("k, weights", ["1, uniform", "3, distance"])
    assert name_differences(rows[:1], axes) == ("k, weights", ["1, uniform"])
    assert name_differences([{}], ()) == ("", ["the one candidate"])
