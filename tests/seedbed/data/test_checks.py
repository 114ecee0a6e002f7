"""What is said of a table holds for any table: against pandas, Matplotlib's box plots, and plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.cbook import boxplot_stats

from seedbed.data.checks import correlate_features, describe_columns, find_equal_rows, find_outliers
from seedbed.paths import PACKAGE_DATA

cells = st.one_of(st.integers(-3, 3).map(float), st.just(50.0))
tables = st.lists(st.tuples(cells, cells, st.integers(0, 2)), min_size=2, max_size=30)


def table(rows: list[tuple[float, float, int]]) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.DataFrame(rows, columns=["x", "y", "class"])
    return frame[["x", "y"]], frame["class"].to_numpy(dtype=np.intp)


@pytest.fixture(scope="module")
def iris() -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.read_csv(PACKAGE_DATA / "iris.csv")
    return frame.drop(columns="variety"), pd.factorize(frame["variety"], sort=True)[0]


def test_iris_has_a_pair(iris: tuple[pd.DataFrame, np.ndarray]) -> None:
    found = find_equal_rows(*iris)
    assert (found.same, found.conflicting) == (((101, 142),), ())


@given(tables)
def test_equal_rows_are_those_that_pandas_calls_duplicated(rows: list[tuple[float, float, int]]) -> None:
    features, codes = table(rows)
    found = find_equal_rows(features, codes)
    named = sorted(row for group in (*found.same, *found.conflicting) for row in group)
    assert named == np.flatnonzero(features.duplicated(keep=False)).tolist()
    assert all(len(set(codes[list(group)].tolist())) == 1 for group in found.same)
    assert all(len(set(codes[list(group)].tolist())) > 1 for group in found.conflicting)


@given(tables)
def test_values_outside_are_those_that_the_box_plots_show(rows: list[tuple[float, float, int]]) -> None:
    features, codes = table(rows)
    for column in describe_columns(features, codes):
        shown = [boxplot_stats(features[column.name][codes == code])[0]["fliers"] for code in np.unique(codes)]
        assert column.outside == sum(map(len, shown))


@given(tables)
def test_the_farthest_value_stands_first(rows: list[tuple[float, float, int]]) -> None:
    features, codes = table(rows)
    found = find_outliers(features, codes)
    assert [one.away for one in found] == sorted((one.away for one in found), reverse=True)
    for one in found:
        own = features[one.column][codes == one.code]
        first, third = np.percentile(own, [25, 75])
        assert one.value == features[one.column][one.row] and one.away > 1.5
        assert max(first - one.value, one.value - third) == pytest.approx(one.away * (third - first))


def test_missing_values_are_counted_and_left_out() -> None:
    features = pd.DataFrame({"x": [1.0, np.nan, np.inf, 1.0], "none": [np.nan] * 4})
    x, none = describe_columns(features, np.array([0, 0, 1, 1]))
    assert (x.missing, x.distinct, x.low, x.high, x.constant) == (2, 1, 1.0, 1.0, True)
    assert (none.missing, none.distinct, none.constant) == (4, 0, True) and np.isnan(none.low)
    assert find_equal_rows(features, np.array([0, 0, 1, 1])).conflicting == ((0, 3),)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.integers(0, 2)), min_size=2, max_size=30))
def test_correlations_are_symmetric_and_within_their_bounds(rows: list[tuple[float, float, int]]) -> None:
    found = correlate_features(*table(rows))
    for matrix in (found.over_all, found.within):
        np.testing.assert_allclose(matrix, matrix.T)
        assert np.nanmax(np.abs(np.nan_to_num(matrix))) <= 1
        assert all(np.isnan(own) or own == pytest.approx(1) for own in np.diag(matrix))


def test_over_all_it_is_what_pandas_says_and_within_the_classes_the_sign_may_turn(
    iris: tuple[pd.DataFrame, np.ndarray],
) -> None:
    features, codes = iris
    found = correlate_features(features, codes)
    np.testing.assert_allclose(found.over_all, features.corr().to_numpy())
    centred = features - features.groupby(codes).transform("mean")
    np.testing.assert_allclose(found.within, centred.corr().to_numpy())
    assert found.over_all[0, 1] < 0 < found.within[0, 1]


def test_a_constant_column_has_no_correlation() -> None:
    features = pd.DataFrame({"x": [1.0, 2.0, 4.0], "c": [0.1, 0.1, 0.1]})
    found = correlate_features(features, np.array([0, 0, 1]))
    assert np.isnan(found.over_all[1]).all() and np.isnan(found.within[:, 1]).all() and found.over_all[0, 0] == 1
