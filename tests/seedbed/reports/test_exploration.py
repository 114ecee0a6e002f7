"""What is said of a table: in sentences, on one page that asks for nothing, and as numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from seedbed.columns.schema import Kind
from seedbed.config.dataset import Dataset
from seedbed.data.table import Table, build_table, load_table
from seedbed.metrics.metric import ACCURACY
from seedbed.reports.exploration import (
    Exploration,
    describe_checks,
    describe_comparison,
    describe_difference,
    describe_exploration,
    describe_leaks,
    describe_rows,
    describe_rule,
    describe_size,
    exploration_values,
    explore_table,
)
from seedbed.reports.pages import render_exploration, summarize_exploration
from seedbed.reports.pictures import draw_exploration
from seedbed.selection.scores import CandidateScore, score_candidate
from seedbed.selection.threshold_rule import RuleComparison, find_leaks, fit_rules

IRIS = Dataset(path="package:iris.csv", target="variety", name="iris")
Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def iris() -> Exploration:
    return explore_table(load_table(IRIS))


@pytest.fixture
def looked_at(write_case: Write) -> Callable[..., Exploration]:
    def explored(text: str, holdout: float = 0) -> Exploration:
        return explore_table(
            load_table(Dataset(path=str(write_case("t.csv", text)), target="c", holdout=holdout, omit="listed"))
        )

    return explored


def compared(rule: list[float], model: list[float]) -> RuleComparison:
    splits = len(rule)

    def score(values: list[float]) -> CandidateScore:
        return score_candidate(ACCURACY, dict(enumerate(values)), test_train_ratio=20 / 80)

    return RuleComparison(
        rule=score(rule),
        models={"logistic": score(model), "hgb": score([value - 0.1 for value in model])},
        frequent=score([0.5] * splits),
        columns=(0,) * splits,
        rows=100,
        train=80,
        test=20,
        stratified=True,
    )


def test_iris_in_words(iris: Exploration) -> None:
    assert describe_size(iris).startswith("150 rows, 4 features (sepal_length, ")
    assert describe_checks(iris) == (
        "No missing values; equal rows: 101 = 142 (counted from 0); 13 values outside the whiskers of their class."
    )
    assert describe_rule(iris) == (
        "By eye, petal_width alone (below 0.8: Setosa; below 1.65: Versicolor; else: Virginica) gets 116 of 120 "
        "development rows right (96.7 %), found on these same rows."
    )
    assert "logistic and the rule cannot be told apart" in describe_comparison(iris)


def test_the_rule_the_pictures_and_the_models_never_see_the_holdout(iris: Exploration, write_case: Write) -> None:
    """Other values in the held-out rows change none of them."""
    table = load_table(IRIS)
    features = table.features.copy()
    features.iloc[table.holdout] = 99.0
    changed = explore_table(type(table)(**{**table.__dict__, "features": features}))
    assert changed.rules == iris.rules
    assert changed.comparison is not None and iris.comparison is not None
    assert changed.comparison.models["logistic"] == iris.comparison.models["logistic"]
    assert [one.png for one in draw_exploration(changed)] == [one.png for one in draw_exploration(iris)]
    assert "30 held-out rows are only counted and checked" in describe_rows(iris)


def test_without_a_holdout_all_rows_are_looked_at() -> None:
    explored = explore_table(load_table(Dataset(path="package:iris.csv", target="variety", name="iris", holdout=0)))
    assert "gets 144 of 150 rows right (96.0 %)" in describe_rule(explored)
    assert describe_rows(explored).startswith("All rows are looked at")


def test_no_feature_may_help(looked_at: Callable[..., Exploration]) -> None:
    explored = looked_at("x,c\n" + "7,a\n7,b\n7,a\n")
    assert describe_rule(explored) == "No rule on one feature does better than always predicting a: 2 of 3 rows right."
    assert "constant: x" in describe_checks(explored)
    assert "equal rows of different classes: 0 = 1 = 2 (counted from 0)" in describe_checks(explored)
    assert describe_comparison(explored) == "3 rows are too few to compare such a rule with a model."
    assert [tile.value for tile in summarize_exploration(explored)] == ["2 of 3"]


def test_many_intervals_are_counted_not_listed(looked_at: Callable[..., Exploration]) -> None:
    rows = "".join(f"{place},{name}\n" for place, name in enumerate("aabbccddeeffgghh"))
    explored = looked_at("x,c\n" + rows)
    assert "x alone (cut into 8 intervals) gets 16 of 16 rows right" in describe_rule(explored)


@pytest.mark.parametrize(
    ("rule", "model", "said"),
    [
        ([0.5, 0.6, 0.5, 0.6], [0.9, 0.95, 0.9, 0.9], "logistic adds 36.3 points (95 % interval +"),
        ([0.9, 0.95, 0.9, 0.9], [0.5, 0.6, 0.5, 0.6], "logistic loses 36.3 points (95 % interval −"),
        ([0.5, 0.9, 0.5, 0.9], [0.9, 0.5, 0.5, 0.9], "logistic and the rule cannot be told apart (0.0 points"),
        ([0.5, 0.5], [0.5, 0.5], "both are equally accurate on every split"),
        ([0.5, 0.6], [0.6, 0.7], "+10.0 points on every split"),
    ],
)
def test_what_a_model_adds_is_said_as_surely_as_it_is(rule: list[float], model: list[float], said: str) -> None:
    assert describe_difference(compared(3 * rule, 3 * model)).startswith(said)


def test_of_many_features_the_best_are_drawn_and_that_is_said(looked_at: Callable[..., Exploration]) -> None:
    generator = np.random.default_rng(0)
    codes = np.repeat([0, 1], 10)
    values = generator.integers(0, 50, (20, 60))
    values[:, 44] = codes * 100
    lines = [",".join(map(str, [*own, code])) for own, code in zip(values, codes, strict=True)]
    explored = looked_at(",".join([*(f"f{place}" for place in range(60)), "c"]) + "\n" + "\n".join(lines) + "\n")
    drawn = explored.drawn[Kind.NUMBER]
    assert len(drawn) == 40 and 44 in drawn and drawn == sorted(drawn)
    assert len(explored.paired) == 5 and 44 in explored.paired
    assert explored.note(drawn) == "the 40 of 60 features that separate the classes best alone; 20 rows"
    page = render_exploration(explored, [], {})
    assert "40 more features" in page and page.index("f44") < page.index("f59")


def test_the_page_asks_for_nothing_and_takes_no_name_for_markup(
    looked_at: Callable[..., Exploration], loaded_by: Callable[[str], list[str]]
) -> None:
    bad = "<script>alert(1)</script>"
    explored = looked_at(f"{bad},c\n" + f"1,{bad}\n2,x\n" * 6)
    page = render_exploration(explored, draw_exploration(explored), {"Store": "sqlite:///<b>"})
    loaded = loaded_by(page)
    assert len(loaded) == 3
    assert all(place.startswith("data:image/png;base64,") for place in loaded)
    assert "url(" not in page and "http://" not in page and "https://" not in page
    assert "<script" not in page and "&lt;script&gt;" in page and "sqlite:///&lt;b&gt;" in page


def test_the_page_has_what_the_words_say(iris: Exploration) -> None:
    page = re.sub(r"base64,[^\"]*", "", render_exploration(iris, draw_exploration(iris), {}))
    assert all(title in page for title in ("Classes", "A rule by eye", "Box plots", "Two features at once", "Checks"))
    assert "101 = 142" in page and "116 of 120" in page and "30 held-out rows" in page
    assert [tile.name for tile in summarize_exploration(iris)][:2] == ["logistic adds", "A rule on one feature"]


def test_json_has_every_number(iris: Exploration) -> None:
    found = json.loads(json.dumps(exploration_values(iris), allow_nan=False))
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
    assert found["comparison"]["baselines_add"]["accuracy"] == pytest.approx(
        found["comparison"]["baselines"]["logistic"]["accuracy"] - found["comparison"]["rule"]["accuracy"]
    )
    assert found["comparison"]["splits"] == 10
    assert (found["development_rows"], found["holdout_rows"]) == (120, 30)


def describe(table: dict[str, list[str]], target: str = "c") -> Exploration:
    return explore_table(build_table(pd.DataFrame(table), Dataset(path="t.csv", target=target, name="t", holdout=0.0)))


def test_a_mixed_table_is_seen_by_kind(mixed: Callable[[str | None], Table]) -> None:
    explored = explore_table(mixed(None))
    assert {kind: [explored.name(at) for at in own] for kind, own in explored.drawn.items()} == {
        Kind.NUMBER: ["size"],
        Kind.DATE: ["since"],
        Kind.CATEGORY: ["colour", "open", "town"],
    }
    assert explored.note(explored.drawn[Kind.CATEGORY]) == explored.rows
    assert explored.comparison is not None and explored.leaks == {}
    names = [picture.name for picture in draw_exploration(explored)]
    assert names == ["rule.png", "box_plots.png", "categories.png", "dates.png", "gaps.png", "pairs.png"]
    page = render_exploration(explored, [], {})
    assert '<td class="label">date</td><td class="number">2024-' in page and "nan" not in re.sub("<[^>]*>", "", page)


def test_a_rule_on_categories_says_a_class_of_each_by_the_others() -> None:
    rows = {"sex": ["f"] * 4 + ["m"] * 5 + ["x"], "c": ["yes"] * 3 + ["no"] * 6 + ["yes"]}
    explored = describe(rows)
    assert describe_rule(explored) == (
        "By eye, sex alone (f: yes; m: no; x: yes) gets 8 of 10 rows right (80.0 %), "
        "each by the others of its category."
    )
    assert exploration_values(explored)["rule"]["categories"] == {"f": "yes", "m": "no", "x": "yes"}
    assert [picture.name for picture in draw_exploration(explored)] == ["rule.png", "categories.png"]


def test_a_rule_on_dates_is_said_and_drawn_by_days() -> None:
    days = [f"2026-0{1 + 6 * (row % 2)}-{10 + row}" for row in range(20)]
    explored = describe({"seen": days, "c": ["u", "v"] * 10})
    assert re.search(r"seen alone \(below 2026-0[2-6]-\d\d: u; else: v\) gets 20 of 20", describe_rule(explored))
    assert [picture.name for picture in draw_exploration(explored)] == ["rule.png", "dates.png"]


def test_a_column_that_alone_tells_the_classes_apart_is_a_possible_leak() -> None:
    labels = ["in", "out"] * 20
    columns = {
        "code": [{"in": "p", "out": "q"}[label] for label in labels],
        "left_on": ["" if label == "in" else f"2026-01-{10 + row % 20}" for row, label in enumerate(labels)],
        "ward": ["abc"[row % 3] for row in range(40)],
    }
    explored = describe({**columns, "c": labels})
    said = (
        "Possible leak: code (by its values), left_on (by its gaps) each alone tell the classes apart; known only "
        "once the class is?"
    )
    assert describe_leaks(explored) == [said] and said in describe_exploration(explored)
    assert said in render_exploration(explored, [], {})
    assert exploration_values(explored)["possible_leaks"] == {"code": "its values", "left_on": "its gaps"}


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_good_columns_are_no_leaks(load: Callable[..., Any]) -> None:
    data = load(as_frame=True)
    values, codes = data.data.to_numpy(), data.target.to_numpy()
    assert find_leaks(values, codes, fit_rules(values, codes)) == {}
