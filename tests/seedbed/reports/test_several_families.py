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
from seedbed.records.records import SweepRecord
from seedbed.reports.figures.dots import draw_dots, make_dots
from seedbed.reports.figures.plot import is_uneven
from seedbed.reports.figures.seeds import draw_seeds
from seedbed.reports.json_values import comparison_values
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
        (MANY, ["candidates.png", "seeds.png"]),
        (FEW, ["candidates.png", "seeds.png"]),
        ({"forest": LEAVES, "extra_trees": LEAVES}, ["differences.png", "candidates.png", "seeds.png"]),
        ({"forest": {}, "logistic": {}, "knn": {}}, ["candidates.png", "seeds.png"]),
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
    for labels in (dots.get_yticklabels(), seeds.get_xticklabels()):
        texts = [label.get_text() for label in labels]
        assert {"knn, k = 5", "logistic, C = 10.0", "forest, max_features = sqrt, min_samples_leaf = 10"} < {*texts}
    assert len([line for line in seeds.lines if line.get_linewidth() == 5]) == 2  # between three families


def test_values_over_decades_are_logarithmic_and_over_a_few_units_are_not() -> None:
    assert is_uneven(np.array([1e-9, 1e-6, 1e-3])) and is_uneven(np.array([0.1, 1, 10]))
    assert not is_uneven(np.array([1.0, 3, 10])) and not is_uneven(np.array([0.0, 1, 100]))


def test_a_family_has_an_empty_cell_where_it_lacks_a_parameter(make_families: Callable[..., SweepRecord]) -> None:
    found = judged(make_families(FEW))
    page = render_comparison(found, [], {})
    assert re.findall(r"<th[^>]*>([^<]*)</th>", page)[:4] == ["#", "estimator", "C", "mean"]
    assert '<td class="label">naive_bayes</td>\n<td class="number"></td>' in page
    table = found.frame().set_index("estimator.name")
    assert table.loc["naive_bayes", "estimator.C"] is None and set(table.loc["logistic", "estimator.C"]) == {
        *LOGISTIC["C"]
    }


def test_candidates_are_in_words_where_most_cells_would_be_empty(make_families: Callable[..., SweepRecord]) -> None:
    found = judged(make_families(MANY))
    text, page = format_comparison(found, [], io.StringIO()), render_comparison(found, [], {})
    assert re.findall(r"<th[^>]*>([^<]*)</th>", page)[:3] == ["#", "candidate", "mean"]
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
