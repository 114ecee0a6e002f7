"""The explanation of an answer: neighbours as a table, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from seedbed.columns.colours import PALETTE
from serve.drawings.palettes import style_class
from serve.drawings.scatter import Axis, Scatter, compute_scatter, draw_legend, draw_scatter
from serve.model.predictions import answer
from serve.model.source import FolderSource, ServedModel
from serve.ui.answers import render_why

NewVersion = Callable[..., Path]


@pytest.fixture(scope="module")
def model(iris_folder: Path) -> ServedModel:
    return FolderSource(iris_folder, "7").load()


def scatter_of(model: ServedModel, values: list[float]) -> Scatter | None:
    found = answer(model, values)
    assert found.neighbors is not None
    return compute_scatter(model, found, found.neighbors.rows)


def cells(html: str) -> list[list[str]]:
    return [
        re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tbody>(.*)</tbody>", html)[0].split("</tr>")[:-1]
    ]


def test_the_nearest_rows_stand_with_their_distances(model: ServedModel) -> None:
    html = render_why(model, answer(model, [5.1, 3.5, 1.4, 0.2]))
    rows = cells(html)
    assert len(rows) == 5 and rows[0] == ["0", "5.1", "3.5", "1.4", "0.2"]
    assert [float(row[0]) for row in rows] == sorted(float(row[0]) for row in rows)
    assert "Why Setosa?" in html and "in the units of the table" in html


@pytest.mark.parametrize(
    ("k", "words"), [(1, "The nearest training row decides. "), (3, "The 3 nearest training rows decide. ")]
)
def test_it_says_how_many_rows_decide(
    k: int, words: str, tmp_path: Path, iris_table: pd.DataFrame, new_version: NewVersion
) -> None:
    model = FolderSource(new_version(tmp_path / "v", iris_table, "variety", k=k)).load()
    assert words in render_why(model, answer(model, [5.1, 3.5, 1.4, 0.2]))


def test_distances_of_a_scaled_model_are_said_to_be_so(
    tmp_path: Path, iris_table: pd.DataFrame, new_version: NewVersion
) -> None:
    model = FolderSource(new_version(tmp_path / "v", iris_table, "variety", scale=True)).load()
    assert "in standard deviations" in render_why(model, answer(model, [5.1, 3.5, 1.4, 0.2]))


@pytest.mark.parametrize(
    ("metric", "scaler", "words"),
    [
        ("manhattan", StandardScaler(), "Distances are in standard deviations."),
        ("manhattan", MinMaxScaler(), "Distances are by the metric manhattan."),
        ("cosine", StandardScaler(), "Distances are by the metric cosine."),
        ("canberra", FunctionTransformer(), "Distances are by the metric canberra."),
    ],
)
def test_distances_have_a_unit_only_if_their_metric_and_scale_give_one(
    metric: str, scaler: Any, words: str, tmp_path: Path, iris_table: pd.DataFrame, new_version: NewVersion
) -> None:
    estimator = make_pipeline(scaler, KNeighborsClassifier(metric=metric))
    model = FolderSource(new_version(tmp_path / "v", iris_table, "variety", estimator=estimator)).load()
    assert words in render_why(model, answer(model, [5.1, 3.5, 1.4, 0.2]))


def test_the_two_most_telling_features_are_shown(model: ServedModel) -> None:
    scatter = scatter_of(model, [5.1, 3.5, 1.4, 0.2])
    assert scatter is not None
    assert (scatter.x.title, scatter.y.title) == ("Petal length (cm)", "Petal width (cm)")
    assert [(crowd.label, len(crowd.points)) for crowd in scatter.crowds] == [
        ("Setosa", 50),
        ("Versicolor", 50),
        ("Virginica", 50),
    ]
    assert len(scatter.ringed) == 5 and scatter.typed == (1.4, 0.2) and not scatter.beyond
    ElementTree.fromstring(draw_scatter(scatter))


def test_what_lies_far_off_is_shown_at_the_edge_and_said(model: ServedModel) -> None:
    scatter = scatter_of(model, [5, 3, 1e9, -1e9])
    assert scatter is not None and scatter.beyond and "typed, beyond the edge" in draw_legend(scatter)
    assert scatter.x.high < 12 and scatter.x.at(1e9) == scatter.x.end


def test_many_classes_are_one_crowd_but_those_near(tmp_path: Path, new_version: NewVersion) -> None:
    table = pd.DataFrame({"x": range(80), "y": range(80), "z": [f"c{row % 40:02}" for row in range(80)]})
    model = FolderSource(new_version(tmp_path / "v", table, "z", k=2)).load()
    scatter = scatter_of(model, [3.1, 3.1])
    assert scatter is not None
    assert [crowd.label for crowd in scatter.crowds] == ["other classes", "c03", "c04"]


def test_large_tables_are_thinned(tmp_path: Path, new_version: NewVersion) -> None:
    table = pd.DataFrame({"x": range(9000), "y": range(9000), "z": ["a", "b"] * 4500})
    model = FolderSource(new_version(tmp_path / "v", table, "z")).load()
    scatter = scatter_of(model, [3.1, 3.1])
    assert scatter is not None and sum(len(crowd.points) for crowd in scatter.crowds) <= 1500


def test_names_are_escaped_and_odd_tables_do(tmp_path: Path, new_version: NewVersion) -> None:
    table = pd.DataFrame({"<i>": [1, 2, 2.5], "constant": [3.0] * 3, "<u>": ["<b>x", "_y", "_y"]})
    model = FolderSource(new_version(tmp_path / "v", table, "<u>", k=3)).load()
    html = render_why(model, answer(model, [99, 3]))
    assert not re.search(r"<(b|i|u)>", html) and "_y" in html
    one = FolderSource(new_version(tmp_path / "w", table[["<i>", "<u>"]], "<u>", k=1)).load()
    assert "<table>" in render_why(one, answer(one, [1])) and "seedbed-scatter" not in render_why(one, answer(one, [1]))


def test_a_version_without_training_rows_explains_nothing(tmp_path: Path, iris_folder: Path) -> None:
    (tmp_path / "model.skops").write_bytes((iris_folder / "model.skops").read_bytes())
    model = FolderSource(tmp_path).load()
    assert render_why(model, answer(model, [1, 1, 1, 1])) == ""


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.2, 8.8), (1e-9, 3e-9), (0, 1e12), (100, 101)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    axis = Axis(title="t", low=low, high=high, start=0, end=100)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 7
    assert all(-1e-6 <= axis.at(tick) <= 100 + 1e-6 for tick in ticks)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_class_can_be_told_from_the_page_by_its_mark(theme: str) -> None:
    css = (Path(__file__).parents[3] / "serve" / "ui" / "page.css").read_text(encoding="utf-8")
    grounds = re.findall(r"--seedbed-panel: (#\w{6}); --seedbed-ground: (#\w{6})", css)[theme == "dark"]
    for position in range(3 * len(PALETTE)):
        colour = re.findall(rf"--seedbed-{theme}:(#\w{{6}})", style_class(position))[0]
        # 3 to 1 is what WCAG 2.2 asks of graphics (1.4.11).
        assert all(contrast(colour, ground) >= 3 for ground in grounds)


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours' luminances as WCAG 2.2 defines it."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
