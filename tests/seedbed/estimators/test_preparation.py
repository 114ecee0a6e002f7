"""What makes numbers of any columns: no test row reaches it, and nothing that a row may hold stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn import config_context

from seedbed.columns.cells import Unreadable
from seedbed.columns.schema import Column, Kind
from seedbed.config.families import list_families, read_family
from seedbed.config.schema import Estimator, Preprocess, Split, Train
from seedbed.data.splits.table_splits import find_rows
from seedbed.data.table import Table
from seedbed.errors import BadInput
from seedbed.estimators.factory import build_estimator, choose_preprocess, find_groups, fit_estimator
from seedbed.estimators.transformers import ExpandDates, ReadColumns
from seedbed.execution.run import Task, fit, prepare

QUICK: dict[str, dict[str, Any]] = {
    "hgb": {"max_iter": 2, "min_samples_leaf": 2},
    "forest": {"n_estimators": 2},
    "extra_trees": {"n_estimators": 2},
    "mlp": {"max_iter": 2, "hidden_layer_sizes": (4,)},
}
SPLITS = {
    "random": Split("random"),
    "kfold": Split("kfold", folds=4, test_size=None),
    "grouped": Split("grouped", folds=4, test_size=None),
}
FAMILIES = [family.name for family in list_families() if family.target]
WAYS = [(name, way) for name in FAMILIES for way in sorted({read_family(name).mixed, "standardize"})]
CELLS = {
    Kind.NUMBER: st.floats(-1e6, 1e6) | st.just(np.nan),
    Kind.CATEGORY: st.text(max_size=3) | st.none(),
    Kind.BOOLEAN: st.sampled_from(["no", "yes", None]),
    Kind.DATE: st.dates().map(str) | st.none(),
}

Mixed = Callable[[str | None], Table]


def task_of(table: Table, name: str, preprocess: str = "auto", split: str = "random") -> Task:
    estimator = Estimator(name, **QUICK.get(name, {}))
    config = Train(dataset=table.dataset, estimator=estimator, preprocess=Preprocess(preprocess), split=SPLITS[split])
    return prepare(config, table)


def list_learned(value: Any) -> Iterator[Any]:
    """Yield all that an estimator holds, wherever it lies, as values that can be compared bit by bit."""
    yield type(value).__qualname__
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        names = value.dtype.names  # between the fields of a node there may be anything
        yield [value[name].tobytes() for name in names] if names else (value.dtype.str, value.shape, value.tobytes())
    elif isinstance(value, dict | list | tuple | np.ndarray):
        for item in value.items() if isinstance(value, dict) else value:
            yield from list_learned(item)
    elif isinstance(value, np.random.RandomState):
        yield from list_learned(value.get_state(legacy=False))
    elif isinstance(value, str | int | float | type(None)):
        yield repr(value)
    elif not callable(value):
        yield from list_learned(value.__getstate__())


def change_rows(table: Table, rows: np.ndarray, cells: dict[str, list[Any]]) -> Table:
    """Return a table of the same schema whose rows hold other cells, these again and again."""
    features = table.features.copy()
    for name, values in cells.items():
        own = features[name].to_numpy(copy=True)
        own[rows] = np.resize(np.array(values, own.dtype), len(rows))
        features[name] = pd.Series(own, features.index, own.dtype)
    return replace(table, features=features)


# Every preparation and estimator on one kind of split each, and on the others where there is time.
EVERY = [
    pytest.param(name, way, split, marks=() if number % 3 == place else pytest.mark.slow)
    for number, (name, way) in enumerate(WAYS)
    for place, split in enumerate(SPLITS)
]


@pytest.mark.parametrize(("name", "way", "split"), EVERY)
def test_no_value_of_a_test_row_reaches_what_is_fitted(name: str, way: str, split: str, mixed: Mixed) -> None:
    table = mixed("visit" if split == "grouped" else None)
    task = task_of(table, name, way, split)
    train, test = find_rows(task.config.split, table)

    @cache
    def learn_once() -> list[Any]:
        return list(list_learned(fit(task, table.part(train), 0).estimator))

    lists = {column.name: st.lists(CELLS[column.kind], min_size=1, max_size=3) for column in table.schema}

    @settings(max_examples=2, deadline=None, database=None, phases=[Phase.generate])
    @given(st.fixed_dictionaries(lists))
    def change(cells: dict[str, list[Any]]) -> None:
        changed = change_rows(table, test, cells)
        rows = find_rows(task.config.split, changed)[0]
        assert list(list_learned(fit(task, changed.part(rows), 0).estimator)) == learn_once()

    change()


def test_a_value_of_a_training_row_does(mixed: Mixed) -> None:
    table = mixed(None)
    task = task_of(table, "tree", "standardize")
    train, _ = find_rows(task.config.split, table)
    changed = {"size": [9.0], "colour": ["grey"], "since": ["1999-01-01"], "town": ["far"], "open": ["yes"]}
    before = list(list_learned(fit(task, table.part(train)).estimator))
    for name, cells in changed.items():
        other = change_rows(table, train[:3], {name: cells})
        assert list(list_learned(fit(task, other.part(train)).estimator)) != before, name


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_what_training_rows_do_not_have_is_answered(name: str, way: str, mixed: Mixed) -> None:
    table = mixed(None)
    asked = pd.DataFrame(
        [
            {"size": None, "colour": None, "open": None, "since": None, "town": None},
            {"size": 1, "colour": "new", "open": True, "since": "1871-01-01", "town": "nowhere"},
            {"size": 2.5, "colour": 3, "open": 0, "since": "2030-01-01T12:00", "town": True},
        ]
    ).astype(object)
    gone = change_rows(table, np.arange(len(table.labels)), {"size": [np.nan], "since": [None], "colour": [None]})
    for one in (table, gone):
        model = fit(task_of(one, name, way), one.whole).estimator
        shares = model.predict_proba(asked)
        assert np.isfinite(shares).all()
        assert np.array_equal(model.predict_proba(asked[asked.columns[::-1]].assign(other=1)), shares)
        assert len(model.predict(pd.DataFrame({"town": ["town 1"]}))) == 1


def test_a_cell_of_another_kind_is_refused_by_its_column() -> None:
    read = ReadColumns.of((Column(name="size"),)).fit(None)
    with pytest.raises(Unreadable, match="size of row 2 is big, which is not a number"):
        read.transform(pd.DataFrame({"size": ["1", "big"]}))


def test_a_date_is_its_parts_and_how_long_after_the_first_it_is() -> None:
    dates = ExpandDates().fit(pd.DataFrame({"day": ["2024-02-28", None, "2024-03-01"]}))
    found = dates.transform(np.array([["2024-03-01T12:00:00"], [None], ["1969-12-31"]], dtype=object))
    assert found[0].tolist() == [2024, 3, 4, 61, 2.5]  # a Friday
    assert np.isnan(found[1]).all()
    assert found[2][:4].tolist() == [1969, 12, 2, 365] and found[2][4] < 0


def test_the_median_and_an_indicator_stand_for_a_gap_and_rare_categories_are_one() -> None:
    schema = (Column(name="size", missing=0.1), Column(name="colour", kind=Kind.CATEGORY, categories=("a", "b", "c")))
    rows = pd.DataFrame(
        {"size": [1.0, 2.0, 4.0, np.nan] * 60, "colour": ["a"] * 120 + ["b"] * 118 + ["c", "d"]}
    ).astype({"colour": object})
    model = build_estimator(Estimator("naive_bayes"), Preprocess("standardize"), schema=schema)
    model.fit(rows, np.arange(240) % 2)
    made = model[:-2].transform(pd.DataFrame({"size": [None, 3.0], "colour": ["d", "new"]}))
    assert made.tolist() == [[0, 0, 1, 2, 1], [0, 0, 1, 3, 0]]


def test_boosting_is_told_its_categories_and_trees_their_codes_and_gaps(mixed: Mixed) -> None:
    table = mixed(None)
    boosting, tree = (fit(task_of(table, name), table.whole).estimator for name in ("hgb", "tree"))
    assert boosting[-1].is_categorical_.tolist() == [True, True] + [False] * 9
    asked = pd.DataFrame({"colour": ["blue", "green", None, "new"]})
    assert tree[:-1].transform(asked)[:, 0].tolist()[:2] == [0, 1]
    assert np.isnan(tree[:-1].transform(asked)[2:, 0]).all()


def test_what_a_category_says_of_the_classes_comes_from_other_groups() -> None:
    towns, labels = np.repeat([f"town {number}" for number in range(60)], 3), np.repeat(["a", "b"], 90)
    schema = (Column(name="town", kind=Kind.CATEGORY, categories=tuple(sorted({*towns}))),)
    rows = pd.DataFrame({"town": towns}, dtype=object)
    groups = find_groups(schema, towns)
    assert groups is towns and find_groups(schema, np.repeat("one", 180)) is None
    model = build_estimator(Estimator("naive_bayes"), Preprocess("standardize"), 0, schema=schema, grouped=True)
    fit_estimator(model, rows, labels, groups)
    with config_context(enable_metadata_routing=True):
        grouped = model[1].fit_transform(rows, labels, groups=groups)
    model = build_estimator(Estimator("naive_bayes"), Preprocess("standardize"), 0, schema=schema)
    alone = model[:-2].fit_transform(rows, labels)
    # Each town lies in one group, and to the folds without it only the share of all is known of its classes.
    assert np.ptp(grouped) < 0.3 and np.ptp(alone) == 1


@pytest.mark.parametrize(
    ("preprocess", "name", "resolved"),
    [("auto", "knn", "standardize"), ("auto", "tree", "native"), ("auto", "naive_bayes", "standardize")]
    + [("standardize", "hgb", "standardize")],
)
def test_what_suits_a_family_on_mixed_columns(preprocess: str, name: str, resolved: str, mixed: Mixed) -> None:
    assert task_of(mixed(None), name, preprocess).params["preprocess.name"] == resolved


@pytest.mark.parametrize(("name", "resolved"), [("knn", "standardize"), ("tree", "none"), ("naive_bayes", "none")])
def test_what_suits_a_family_on_numbers_is_what_it_was(name: str, resolved: str) -> None:
    plain = (Column(name="size"), Column(name="weight"))
    chosen = choose_preprocess(Preprocess("auto"), Estimator(name), plain, 10)
    assert chosen == Preprocess(resolved)
    types = [[type(step) for step in getattr(build_estimator(Estimator(name), chosen, schema=schema), "steps", ())]
             for schema in (plain, ())]  # fmt: skip
    assert types[0] == types[1]


def test_none_names_what_it_does_not_handle_and_the_word_that_does(mixed: Mixed) -> None:
    with pytest.raises(BadInput) as raised:
        task_of(mixed(None), "tree", "none")
    assert str(raised.value) == (
        "preprocess=none leaves columns as they are, and of 5 there are gaps in 5 (size 8, colour 3, open 5, since 6, "
        "town 3) and no numbers in 4 (colour (category), open (boolean), since (date), town (category)); type "
        "preprocess=auto to handle them, or leave it out."
    )


def test_what_trees_take_is_refused_elsewhere(mixed: Mixed) -> None:
    with pytest.raises(BadInput, match="preprocess=native is of estimator=extra_trees, .* type preprocess=auto"):
        task_of(mixed(None), "knn", "native")
