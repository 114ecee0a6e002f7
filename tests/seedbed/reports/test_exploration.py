"""What is said of a table: in sentences, on one page that asks for nothing, and as numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seedbed.config.schema import Dataset
from seedbed.data.table import read_table
from seedbed.reports.exploration import Explored, explored_numbers, explored_of
from seedbed.reports.exploration_html import explored_html, tiles_of
from seedbed.reports.exploration_pictures import explored_pictures
from seedbed.reports.exploration_text import (
    added_in_words,
    checks_in_words,
    held_in_words,
    note_of,
    rule_in_words,
    score_in_words,
    size_in_words,
)
from seedbed.selection.rule_score import Neighborhood, RuleScore

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def iris() -> Explored:
    return explored_of(read_table(IRIS))


@pytest.fixture
def looked_at(write_case: Write) -> Callable[..., Explored]:
    def explored(text: str, holdout: float = 0) -> Explored:
        return explored_of(read_table(Dataset(path=str(write_case("t.csv", text)), target="c", holdout=holdout)))

    return explored


def score(rule: list[float], knn: list[float]) -> RuleScore:
    splits = len(rule)
    return RuleScore(
        rule=np.array(rule),
        knn=np.array(knn),
        frequent=np.full(splits, 0.5),
        columns=(0,) * splits,
        chosen=(Neighborhood(1, False),) * splits,
        rows=100,
        train=80,
        test=20,
        stratified=True,
    )


def test_iris_in_words(iris: Explored) -> None:
    assert size_in_words(iris).startswith("150 rows, 4 features (sepal_length, ")
    assert checks_in_words(iris) == (
        "No value missing; equal rows: 101 = 142 (from 0); 13 values outside the whiskers of their class."
    )
    assert rule_in_words(iris) == (
        "By eye, petal_width alone (below 0.8: Setosa; below 1.65: Versicolor; else: Virginica) gets 116 of 120 "
        "development rows right (96.7 %), found on these same rows."
    )
    assert "KNN adds nothing that can be told from chance" in score_in_words(iris)


def test_the_rule_the_pictures_and_knn_never_see_the_holdout(iris: Explored, write_case: Write) -> None:
    """Other values in the held-out rows change none of them."""
    table = read_table(IRIS)
    features = table.features.copy()
    features.iloc[table.holdout] = 99.0
    changed = explored_of(type(table)(**{**table.__dict__, "features": features}))
    assert changed.rule == iris.rule and changed.right.tolist() == iris.right.tolist()
    assert changed.score is not None and iris.score is not None
    assert changed.score.knn.tolist() == iris.score.knn.tolist()
    assert [one.png for one in explored_pictures(changed)] == [one.png for one in explored_pictures(iris)]
    assert "30 held-out rows are only counted and checked" in held_in_words(iris)


def test_without_a_holdout_all_rows_are_looked_at() -> None:
    explored = explored_of(read_table(Dataset(path="package:iris.csv", target="variety", name="iris", holdout=0)))
    assert "gets 144 of 150 rows right (96.0 %)" in rule_in_words(explored)
    assert held_in_words(explored).startswith("All rows are looked at")


def test_no_feature_may_help(looked_at: Callable[..., Explored]) -> None:
    explored = looked_at("x,c\n" + "7,a\n7,b\n7,a\n")
    assert rule_in_words(explored) == "No feature alone does better than to say a always: 2 of 3 rows right."
    assert "without any difference: x" in checks_in_words(explored)
    assert "equal rows of different classes: 0 = 1 = 2 (from 0)" in checks_in_words(explored)
    assert score_in_words(explored) == "3 rows are too few to compare such a rule with KNN."
    assert [tile.value for tile in tiles_of(explored)] == ["2 of 3"]


def test_many_intervals_are_counted_not_listed(looked_at: Callable[..., Explored]) -> None:
    rows = "".join(f"{place},{name}\n" for place, name in enumerate("aabbccddeeffgghh"))
    explored = looked_at("x,c\n" + rows)
    assert "x alone (cut into 8 intervals) gets 16 of 16 rows right" in rule_in_words(explored)


@pytest.mark.parametrize(
    ("rule", "knn", "said"),
    [
        ([0.5, 0.6, 0.5, 0.6], [0.9, 0.95, 0.9, 0.9], "KNN adds 36.2 points (95 % interval +"),
        ([0.9, 0.95, 0.9, 0.9], [0.5, 0.6, 0.5, 0.6], "KNN loses 36.2 points (95 % interval −"),
        ([0.5, 0.9, 0.5, 0.9], [0.9, 0.5, 0.5, 0.9], "KNN adds nothing that can be told from chance (0.0 points"),
        ([0.5, 0.5], [0.5, 0.5], "both right equally often on every split"),
        ([0.5, 0.6], [0.6, 0.7], "+10.0 points on every split"),
    ],
)
def test_what_knn_adds_is_said_as_surely_as_it_is(rule: list[float], knn: list[float], said: str) -> None:
    assert added_in_words(score(rule, knn)).startswith(said)


def test_of_many_features_the_best_are_drawn_and_that_is_said(looked_at: Callable[..., Explored]) -> None:
    generator = np.random.default_rng(0)
    codes = np.repeat([0, 1], 10)
    values = generator.integers(0, 50, (20, 60))
    values[:, 44] = codes * 100
    lines = [",".join(map(str, [*own, code])) for own, code in zip(values, codes, strict=True)]
    explored = looked_at(",".join([*(f"f{place}" for place in range(60)), "c"]) + "\n" + "\n".join(lines) + "\n")
    assert len(explored.shown) == 40 and 44 in explored.shown and explored.shown == sorted(explored.shown)
    assert len(explored.paired) == 5 and 44 in explored.paired
    assert note_of(explored, explored.shown) == "the 40 of 60 features that part the classes best alone; 20 rows"
    page = explored_html(explored, [], {})
    assert "40 more features" in page and page.index("f44") < page.index("f59")


def test_the_page_asks_for_nothing_and_takes_no_name_for_markup(
    looked_at: Callable[..., Explored], loaded_by: Callable[[str], list[str]]
) -> None:
    bad = "<script>alert(1)</script>"
    explored = looked_at(f"{bad},c\n" + f"1,{bad}\n2,x\n" * 6)
    page = explored_html(explored, explored_pictures(explored), {"Store": "sqlite:///<b>"})
    loaded = loaded_by(page)
    assert len(loaded) == 3
    assert all(place.startswith("data:image/png;base64,") for place in loaded)
    assert "url(" not in page and "http://" not in page and "https://" not in page
    assert "<script" not in page and "&lt;script&gt;" in page and "sqlite:///&lt;b&gt;" in page


def test_the_page_has_what_the_words_say(iris: Explored) -> None:
    page = re.sub(r"base64,[^\"]*", "", explored_html(iris, explored_pictures(iris), {}))
    assert all(title in page for title in ("Classes", "A rule by eye", "Box plots", "Two features at once", "Checks"))
    assert "101 = 142" in page and "116 of 120" in page and "30 held-out rows" in page
    assert [tile.name for tile in tiles_of(iris)][:2] == ["KNN adds", "A rule on one feature"]


def test_json_has_every_number(iris: Explored) -> None:
    found = json.loads(json.dumps(explored_numbers(iris), allow_nan=False))
    assert found["rule"] == {
        "feature": "petal_width",
        "cuts": [0.8, 1.65],
        "classes": ["Setosa", "Versicolor", "Virginica"],
        "right": 116,
        "rows": 120,
        "found_on": "the same development rows",
    }
    assert found["equal_rows"] == [[101, 142]] and found["conflicting_rows"] == []
    assert found["outside_whiskers"] == len(found["farthest"]) == 13
    assert found["columns"][3]["rule_right"] == 116 and found["columns"][3]["missing"] == 0
    assert found["comparison"]["knn_adds"]["accuracy"] == pytest.approx(
        found["comparison"]["knn"]["accuracy"] - found["comparison"]["rule"]["accuracy"]
    )
    assert len(found["comparison"]["knn_chosen"]) == found["comparison"]["splits"] == 10
    assert (found["development_rows"], found["holdout_rows"]) == (120, 30)
