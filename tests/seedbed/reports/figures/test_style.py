"""The house's colours are told apart by everybody, and its letters read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.colors import to_rgb

from seedbed.columns.colours import PALETTE, pick_colours
from seedbed.reports.figures.labels import list_undrawable, make_drawable
from seedbed.reports.figures.style import (
    HEAT,
    MUTED,
    ON_DARK,
    ON_PALE,
    compute_luminance,
    dark_reads_better,
)

pytestmark = pytest.mark.filterwarnings("error")

HIEROGLYPH = "\U00013000"  # a letter that no font of the house has
Colours = npt.NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), severity 1, on linear light.
VISION = {
    "full": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])


def lab(colours: Colours, seen: Colours) -> Colours:
    """Return CIE L*a*b* of colours as somebody sees them: arrays of shape (n, 3)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    ratio = np.clip(linear @ seen.T, 0, 1) @ XYZ / np.array([0.9505, 1.0, 1.089])
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1)


@pytest.mark.parametrize("vision", VISION)
def test_any_two_classes_are_told_apart(vision: str) -> None:
    points = lab(np.array([to_rgb(colour) for colour in PALETTE]), VISION[vision])
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + 1000 * np.eye(len(points))
    assert apart.min() > 25
    assert apart[:3, :3].min() > 50


def test_three_classes_are_told_apart_in_grey() -> None:
    lightness = np.sort(lab(np.array([to_rgb(colour) for colour in PALETTE[:3]]), np.eye(3))[:, 0])
    assert np.diff(lightness).min() > 15


def test_the_heat_darkens_all_the_way_and_its_numbers_read() -> None:
    light = compute_luminance(HEAT(np.linspace(0, 1, 256))[:, :3])
    assert (np.diff(light) < 0).all()
    ink = np.where(
        dark_reads_better(HEAT(np.linspace(0, 1, 256))[:, :3]),
        compute_luminance(to_rgb(ON_PALE)),
        compute_luminance(to_rgb(ON_DARK)),
    )
    assert ((np.maximum(ink, light) + 0.05) / (np.minimum(ink, light) + 0.05)).min() > 4.5
    assert (light[0] + 0.05) / (compute_luminance(to_rgb(MUTED)) + 0.05) > 4.5


def test_each_class_has_its_own_colour_by_its_place() -> None:
    assert pick_colours(2) == [PALETTE[0], PALETTE[1]]
    assert len(set(pick_colours(24))) == 24


def test_names_are_cut_at_an_end_and_keep_what_tells_them_apart() -> None:
    short, first, second = make_drawable(["plain", "a" * 100 + "x", "a" * 100 + "y"])
    assert (short, first, second) == ("plain", "…" + "a" * 14 + "x", "…" + "a" * 14 + "y")
    assert make_drawable(["one " * 20, "two"]) == ["one one one one one one one…", "two"]
    assert make_drawable(["b" * 50, "b" * 50]) == ["b" * 27 + "… (1)", "b" * 27 + "… (2)"]
    shown = make_drawable(["c" * 80 + name + "d" * 80 for name in ("", "x", "y")])
    assert len(set(shown)) == 3 and all(len(name) <= 28 for name in shown)
    assert make_drawable(["a\nb"]) == ["a b"]


def test_letters_without_a_font_are_known_beforehand() -> None:
    assert list_undrawable(["Märzenbecher", HIEROGLYPH, "", "\x00"]) == [HIEROGLYPH, "", "\x00"]
