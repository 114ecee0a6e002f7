"""What a reader gets of a sweep of several estimators: names in words, empty cells, figures without a common axis."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from seedbed.config.schema import Selection
from seedbed.metrics.metric import ACCURACY
from seedbed.records.records import SweepRecord
from seedbed.reports.figures.dots import draw_dots, make_dots
from seedbed.reports.figures.families import draw_families
from seedbed.reports.figures.plot import is_uneven
from seedbed.reports.figures.seeds import draw_seeds
from seedbed.reports.json_values import comparison_values
from seedbed.reports.leaderboard_text import format_time
from seedbed.reports.markdown import format_note
from seedbed.reports.pages import render_comparison
from seedbed.reports.pictures import draw_comparison
from seedbed.reports.terminal import format_comparison
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep

KNN, LOGISTIC = {"n_neighbors": [1, 3, 5]}, {"C": [0.01, 0.1, 1.0, 10.0]}
LEAVES, FOREST = {"min_samples_leaf": [1, 10]}, {"max_features": ["sqrt", 1.0], "min_samples_leaf": [1, 10]}
MANY = {"knn": KNN, "logistic": LOGISTIC, "forest": FOREST}
FEW: dict[str, dict[str, list[Any]]] = {"logistic": LOGISTIC, "naive_bayes": {}}


def judged(sweep: SweepRecord) -> SweepAnalysis:
    return analyze_sweep("wine", sweep, Selection(), lambda candidate: None)


@pytest.mark.parametrize(
    ("families", "names"),
    [
        ({"logistic": LOGISTIC}, ["curve.png", "seeds.png"]),
        ({"forest": FOREST}, ["differences.png", "candidates.png", "seeds.png"]),
        (MANY, ["families.png", "candidates.png", "seeds.png"]),
        (FEW, ["families.png", "candidates.png", "seeds.png"]),
        ({"forest": LEAVES, "extra_trees": LEAVES}, ["families.png", "differences.png", "candidates.png", "seeds.png"]),
        ({"forest": {}, "logistic": {}, "knn": {}}, ["families.png", "candidates.png", "seeds.png"]),
    ],
)
def test_each_mix_of_families_has_figures_that_it_fills(
    make_families: Callable[..., SweepRecord], families: dict[str, Any], names: list[str]
) -> None:
    pictures = draw_comparison(judged(make_families(families)))
    assert [picture.name for picture in pictures][: len(names)] == names
    assert all(300 < picture.width < 1200 for picture in pictures)


def test_figures_name_family_and_params_in_full(make_families: Callable[..., SweepRecord]) -> None:
    found = judged(make_families(MANY))
    assert found.choice is not None
    dots = draw_dots(make_dots(found.leaderboard, found.choice, found.estimate)).figure.axes[0]
    seeds = draw_seeds(found.leaderboard).figure.axes[0]
    texts = {label.get_text() for label in dots.get_yticklabels()}
    assert {"knn, k = 5", "logistic, C = 10.0", "forest, max_features = sqrt, min_samples_leaf = 10"} < texts
    # On its side a label is as long as what differs: the family stands below.
    assert {"5", "10.0", "sqrt, 10"} < {label.get_text() for label in seeds.get_xticklabels()}
    assert seeds.get_xlabel().split("   |   ")[0] == "knn: k" and "forest: max_features, " in seeds.get_xlabel()
    assert len([line for line in seeds.lines if line.get_linewidth() == 5]) == 2  # between three families


def test_values_over_decades_are_logarithmic_and_over_a_few_units_are_not() -> None:
    assert is_uneven(np.array([1e-9, 1e-6, 1e-3])) and is_uneven(np.array([0.1, 1, 10]))
    assert not is_uneven(np.array([1.0, 3, 10])) and not is_uneven(np.array([0.0, 1, 100]))


def test_a_family_has_an_empty_cell_where_it_lacks_a_parameter(make_families: Callable[..., SweepRecord]) -> None:
    found = judged(make_families(FEW))
    page = render_comparison(found, [], {})
    assert re.findall(r"<th[^>]*>([^<]*)</th>", page.partition("Leaderboard")[2])[:4] == ["#", "estimator", "C", "mean"]
    assert '<td class="label">naive_bayes</td>\n<td class="number"></td>' in page
    table = found.frame().set_index("estimator.name")
    assert table.loc["naive_bayes", "estimator.C"] is None and set(table.loc["logistic", "estimator.C"]) == {
        *LOGISTIC["C"]
    }


def test_candidates_are_in_words_where_most_cells_would_be_empty(make_families: Callable[..., SweepRecord]) -> None:
    found = judged(make_families(MANY))
    text, page = format_comparison(found, [], io.StringIO()), render_comparison(found, [], {})
    assert re.findall(r"<th[^>]*>([^<]*)</th>", page.partition("Leaderboard")[2])[:3] == ["#", "candidate", "mean"]
    for shown in (text, page, format_note(found).replace("\\_", "_")):
        assert "forest, max_features = 1.0, min_samples_leaf = 1" in shown and "most frequent class" in shown
    assert max(map(len, text.splitlines()[:14])) <= 160 and "…" not in text
    heading = found.frame().to_csv(index=False).splitlines()[0]
    assert (
        "estimator.name,estimator.n_neighbors,estimator.C,estimator.max_features,estimator.min_samples_leaf" in heading
    )


def test_json_has_of_each_candidate_what_it_has(make_families: Callable[..., SweepRecord]) -> None:
    found = json.loads(json.dumps(comparison_values(judged(make_families(FEW))), allow_nan=False))
    values = {row["label"]: row["values"] for row in found["leaderboard"]}
    assert values["naive_bayes"] == {"estimator.name": "naive_bayes"}
    assert values["logistic, C = 1.0"] == {"estimator.name": "logistic", "estimator.C": 1.0}


EIGHT = ("knn", "logistic", "naive_bayes", "tree", "forest", "extra_trees", "hgb", "svc")


@pytest.mark.parametrize("count", [2, 3, 8])
def test_the_figure_of_families_has_their_numbers_and_room_for_eight(
    make_families: Callable[..., SweepRecord], count: int
) -> None:
    found = judged(make_families(dict.fromkeys(EIGHT[:count], {}), wrong=lambda name: EIGHT.index(name) / 10)).families
    assert found is not None
    sheet = draw_families(found, ACCURACY)
    rows, scores, apart = sheet.figure.axes
    named = [label.get_text().removesuffix(" †") for label in rows.get_yticklabels()]
    assert named == ["", *(one.name for one in found.families)]
    assert [label.get_fontweight() for label in rows.get_yticklabels()].count("bold") == 1
    assert [line.get_xdata()[0] for line in scores.lines] == [one.score for one in found.families]
    differences = [one.difference.mean for one in found.families if one.difference]
    assert [line.get_xdata()[0] for line in apart.lines[:count]] == [0.0, *differences]
    low, high = apart.get_xlim()
    assert all(low < one.difference.low < one.difference.high < high for one in found.families if one.difference)
    assert sheet.width < 1000


def test_report_json_and_terminal_have_the_families(make_families: Callable[..., SweepRecord]) -> None:
    found = judged(make_families(MANY))
    assert found.families is not None
    page, told = render_comparison(found, [], {}), comparison_values(found)["families"]
    assert page.count("<h2>Families</h2>") == 1 and "The more settings a family has" in page
    assert [(row["name"], row["score"], row["low"], row["high"]) for row in told] == [
        (one.name, one.score, one.low, one.high) for one in found.families.families
    ]
    assert sum(row["share"] for row in told) == pytest.approx(1)
    assert [row["served"] for row in told] == [one is found.families.served for one in found.families.families]
    assert told[0]["difference"] is None and {"mean", "low", "high"} < told[1]["difference"].keys()
    words = f"of {len(told)} families {told[0]['name']} is the best on rows not drawn"
    assert words in format_comparison(found, [], io.StringIO())
    for row in told:
        assert f'<td class="label">{row["name"]}</td>' in page and ACCURACY.format(row["score"]) in page
    few = judged(make_families(MANY, seeds=3))
    assert "‡</td>" in render_comparison(few, [], {}) and "‡</td>" not in page


def test_of_one_family_nothing_is_said_of_families(make_families: Callable[..., SweepRecord]) -> None:
    found = judged(make_families({"logistic": LOGISTIC}))
    assert comparison_values(found)["families"] is None and "famil" not in found.words
    assert "Families" not in render_comparison(found, [], {})


def test_a_time_is_in_the_unit_that_it_needs() -> None:
    times = {None: "", 12.5: "12.5 s", 0.0123: "12.3 ms", 4.2e-05: "42 µs", 0.0: "0 µs"}
    assert {seconds: format_time(seconds) for seconds in times} == times


def test_a_family_of_one_candidate_is_called_by_its_name(make_families: Callable[..., SweepRecord]) -> None:
    seeds = draw_seeds(judged(make_families(FEW)).leaderboard).figure.axes[0]
    assert "naive_bayes" in {label.get_text() for label in seeds.get_xticklabels()}
    assert seeds.get_xlabel().endswith("naive_bayes")
