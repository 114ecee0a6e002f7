"""What the page opens on and how its boxes step: all of it from the column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from seedbed.config.dataset import Dataset
from seedbed.data.table import load_table
from seedbed.promotion.model_card import Origin, build_card, write_page

ORIGIN = Origin(basis="b", candidate={}, scores=[], digest="d", commit="c")


def describe(tmp_path: Path, values: Sequence[float], other: Sequence[float] = (), **dataset: Any) -> dict[str, Any]:
    """Return what the card says of a column `x`."""
    rows = len(values)
    frame = pd.DataFrame({"x": values, "other": other or range(rows), "kind": ["a", "b"] * (rows // 2)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    spec = Dataset(path=str(tmp_path / "t.csv"), target="kind", name="t", holdout=0.0, **dataset)
    feature: dict[str, Any] = build_card(spec, load_table(spec), ORIGIN)["features"][0]
    return feature


@pytest.mark.parametrize(
    ("values", "step", "ends"),
    [
        ([2021, 2021, 2022, 2024], 1, (2021, 2024)),
        ([0.0196, 0.0206, 0.0384, 0.0167], 0.0001, (0.01, 0.04)),
        ([0.1, 2.5, 1.3, 0.2], 0.1, (0, 3)),
        ([100093, 101369, 102753, 100257], 1, (100_000, 103_000)),
        ([0, 1, 1, 0], 1, (0, 1)),
        ([-5.5, 40, 12, 0], 0.1, (-10, 40)),
        ([1e90, 2.5e90, 3e90, 2e90], 1e89, (1e90, 3e90)),
        ([0.1234567890123, 0.7654321098765, 0.3333333333, 0.9], 0.001, (0.1, 0.9)),
    ],
)
def test_a_slider_covers_the_column_and_holds_each_of_its_values(
    tmp_path: Path, values: Sequence[float], step: float, ends: tuple[float, float]
) -> None:
    feature = describe(tmp_path, values, sliders={"x": []})
    assert (feature["widget"], feature["step"]) == ("slider", pytest.approx(step))
    assert (feature["minimum"], feature["maximum"]) == pytest.approx(ends)
    assert feature["minimum"] <= min(values) and max(values) <= feature["maximum"]


def test_a_constant_column_has_no_slider(tmp_path: Path) -> None:
    feature = describe(tmp_path, [3, 3, 3, 3], sliders={"x": []}, omit="listed")  # as 0.1.0 read it
    assert (feature["widget"], feature["step"], feature["value"]) == ("number", None, 3)


def test_the_page_opens_on_a_row_of_the_table(tmp_path: Path) -> None:
    assert describe(tmp_path, [2021, 2021, 2022, 2023], [7, 8, 7, 90])["value"] == 2021
    assert describe(tmp_path, [0.0196, 0.0206, 0.0384, 0.0167])["value"] in (0.0196, 0.0206)
    assert describe(tmp_path, [0.0196, 0.0206, 0.0384, 0.0167], start=1.0)["value"] == 1.0


def test_a_target_may_be_called_self(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 5, 2, 7], "self": ["a", "b"] * 2}).to_csv(tmp_path / "t.csv", index=False)
    table = load_table(Dataset(path=str(tmp_path / "t.csv"), target="self", name="t", holdout=0.0))
    write_page(tmp_path / "page", {}, table.part(table.development), b"")
    (file,) = (tmp_path / "page").glob("*.parquet")
    assert pd.read_parquet(file)["self"].tolist() == ["a", "b", "a", "b"]
