"""The report is one file that asks for nothing and takes no name for markup; the JSON has every number."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from seedbed.config.schema import Selection
from seedbed.records.records import Holdout, SweepRecord
from seedbed.reports.json_values import comparison_values
from seedbed.reports.pages import render_comparison, summarize_comparison
from seedbed.reports.pictures import draw_comparison
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep

KS = {"estimator.n_neighbors": [1, 3, 5, 7]}


def judged(sweep: SweepRecord, dataset: str = "iris", holdout: Holdout | None = None) -> SweepAnalysis:
    return analyze_sweep(dataset, sweep, Selection(), lambda candidate: holdout)


def written(analysis: SweepAnalysis) -> str:
    return render_comparison(analysis, draw_comparison(analysis), {"Store": "sqlite:///<b>"})


def test_nothing_is_asked_for(make_sweep: Callable[..., SweepRecord], loaded_by: Callable[[str], list[str]]) -> None:
    page = written(judged(make_sweep(KS)))
    loaded = loaded_by(page)
    assert len(loaded) >= 3 and all(place.startswith("data:image/png;base64,") for place in loaded)
    assert "url(" not in page and "@import" not in page and "http://" not in page and "https://" not in page


def test_names_are_never_markup(make_sweep: Callable[..., SweepRecord]) -> None:
    bad = "<script>alert(1)</script>"
    sweep = make_sweep({"estimator.metric": [bad, "b"]}, classes=(bad, "x"))
    page = written(judged(sweep, dataset=bad))
    assert "<script" not in page and "&lt;script&gt;" in page and "sqlite:///&lt;b&gt;" in page


def test_the_end_of_the_grid_is_said_only_there(make_sweep: Callable[..., SweepRecord]) -> None:
    inside = judged(make_sweep(KS, wrong=lambda n_neighbors: 0.0 if n_neighbors == 3 else 0.4))
    text = re.sub(r"base64,[^\"]*", "", written(inside))
    assert "edge" not in text and "edge" not in json.dumps(comparison_values(inside))
    at_end = judged(make_sweep(KS, wrong=lambda n_neighbors: 0.0 if n_neighbors == 7 else 0.4))
    assert "edge" in written(at_end) and "range(1,14,2)" in written(at_end)


def test_the_holdout_is_a_tile_once_it_is_known(make_sweep: Callable[..., SweepRecord]) -> None:
    tiles = summarize_comparison(judged(make_sweep(KS), holdout=Holdout(rows=30, right=29)))
    assert [tile.value for tile in tiles if "holdout" in tile.name] == ["29 of 30"]
    assert [tile.first for tile in tiles] == [True, False, False, False]
    assert tiles[0].name == "Accuracy to expect, corrected"


def test_json_has_every_number(make_sweep: Callable[..., SweepRecord]) -> None:
    analysis = judged(make_sweep(KS, skip=lambda n_neighbors, seed: n_neighbors == 7 and seed == 1))
    found = json.loads(json.dumps(comparison_values(analysis), allow_nan=False))
    assert analysis.estimate is not None
    assert found["corrected_estimate"]["value"] == analysis.estimate.value
    assert {"value", "low", "high", "rows_never_tested"} <= found["corrected_estimate"].keys()
    assert [row["rank"] for row in found["leaderboard"]] == [1, 2, 3]
    assert found["leaderboard"][1]["difference"].keys() >= {"mean", "error", "low", "high", "p", "holm"}
    assert found["incomplete"][0]["reason"] == "4 of 5 seeds finished"
    assert sum(row["chosen_share"] for row in found["leaderboard"]) == pytest.approx(1)
    assert found["dummy"]["label"] == "most frequent class"


@pytest.mark.parametrize(
    ("axes", "names"),
    [
        (KS, ["curve.png", "seeds.png", "confusion_matrix.png", "hardest_rows.png"]),
        ({"estimator.weights": ["uniform", "distance"]}, ["candidates.png", "seeds.png"]),
        ({**KS, "estimator.weights": ["uniform", "distance"]}, ["differences.png", "candidates.png", "seeds.png"]),
        ({**KS, "estimator.weights": ["uniform", "distance"], "estimator.p": [1, 2]}, ["candidates.png", "seeds.png"]),
        ({"split.test_size": [0.25, 0.5]}, ["learning_curve.png", "seeds.png"]),
    ],
)
def test_the_figures_are_those_of_what_was_swept(
    make_sweep: Callable[..., SweepRecord], axes: dict[str, list[object]], names: list[str]
) -> None:
    pictures = draw_comparison(judged(make_sweep(axes)))
    assert [picture.name for picture in pictures][: len(names)] == names
    assert all(picture.png.startswith(b"\x89PNG") and 300 < picture.width < 1200 for picture in pictures)


MANY = {
    "preprocess.name": ["none", "standardize"],
    "estimator.n_neighbors": [1, 5, 9],
    "estimator.weights": ["uniform", "distance"],
    "estimator.metric": ["euclidean", "manhattan"],
}


def test_each_parameter_has_a_column(make_sweep: Callable[..., SweepRecord]) -> None:
    page = render_comparison(judged(make_sweep(MANY)), [], {})
    headings = re.findall(r"<th[^>]*>([^<]*)</th>", page)
    assert headings[:6] == ["#", "preprocess", "k", "weights", "metric", "mean"]
    assert '<td class="label" colspan="4">most frequent class</td>' in page


def test_a_report_follows_dark_mode_and_fits_a_phone(
    make_sweep: Callable[..., SweepRecord], browser: Browser, tmp_path: Path
) -> None:
    analysis = judged(make_sweep(MANY))
    (tmp_path / "report.html").write_text(render_comparison(analysis, draw_comparison(analysis), {}), encoding="utf-8")
    for scheme, width in (("light", 1280), ("dark", 390)):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
        page = context.new_page()
        page.goto((tmp_path / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        widths = page.evaluate("[...document.images].map(one => one.getBoundingClientRect().right)")
        assert widths and max(widths) <= width
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", ground))) < 200) == (scheme == "dark")
        if width == 1280:  # no column is cut
            tables = page.evaluate(
                "[...document.querySelectorAll('.wide')].map(one => one.scrollWidth - one.clientWidth)"
            )
            assert tables and max(tables) <= 0
        else:
            page.locator("figure").first.click()  # enlarges it
            assert page.locator("figure img").first.evaluate("one => one.getBoundingClientRect().width") > width
        context.close()
