"""The drawn flower: to scale, sound for any number, telling varieties apart."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from seedbed.columns.colours import PALETTE
from serve.drawings.flower import SIZE, Blade, Measures, draw_flower, smooth

SVG = "{http://www.w3.org/2000/svg}"
TYPICAL = (5.9, 2.8, 4.3, 1.3)


def drawn(values: tuple[float, float, float, float], variety: str = "Setosa", position: int = 0) -> ElementTree.Element:
    return ElementTree.fromstring(draw_flower(measures(values), variety=variety, position=position))


def measures(values: tuple[float, float, float, float]) -> Measures:
    return Measures(**dict(zip(Measures.__dataclass_fields__, values, strict=True)))


def box(svg: ElementTree.Element, kind: str, angle: int) -> tuple[float, float]:
    """Return length and width in pixels of one petal."""
    outline = svg.find(f".//{SVG}path[@id='flower-{kind}{angle}']")
    assert outline is not None
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", outline.attrib["d"])]
    return max(numbers[::2]), max(numbers[1::2]) - min(numbers[1::2])


def test_lengths_and_widths_keep_their_proportions() -> None:
    svg = drawn(TYPICAL)
    sepal, petal = box(svg, "fall", 90), box(svg, "standard", 270)
    assert petal[0] / sepal[0] == pytest.approx(4.3 / 5.9, rel=0.02)
    assert sepal[1] / sepal[0] == pytest.approx(2.8 / 5.9, rel=0.12)  # the edge is wavy
    assert petal[1] / petal[0] == pytest.approx(1.3 / 4.3, rel=0.12)


def test_a_larger_flower_is_drawn_larger_with_a_scale_that_says_so() -> None:
    small, large = drawn((7.0, 3, 4, 1.3)), drawn((7.9, 3, 4, 1.3))
    assert box(large, "fall", 90)[0] > box(small, "fall", 90)[0]
    assert "2 cm" in "".join(large.itertext())


@pytest.mark.parametrize(
    "values",
    [(1, 1, 1, 1), (9, 9, 9, 9), (0, 0, 0, 0), (-3, -1, -2, -1), (1e99, 1, 1, 1e99), (5, 3, 9, 0.1), (1, 1, 1, 10)],
)
def test_any_numbers_give_a_flower_that_fits(values: tuple[float, float, float, float]) -> None:
    svg = drawn(values)
    text = ElementTree.tostring(svg, encoding="unicode")
    assert "nan" not in text and "inf" not in text
    for kind, angle in (("fall", 90), ("standard", 30)):
        length, width = box(svg, kind, angle)
        assert 0 <= length < SIZE / 2 and width < SIZE


def test_varieties_have_colours_of_their_own() -> None:
    pictures = [draw_flower(measures(TYPICAL), variety="x", position=place) for place in range(3)]
    # Those of the reports' figures: one class has one colour.
    assert all(PALETTE[place] in picture for place, picture in enumerate(pictures))
    assert len(set(pictures)) == 3


def test_more_varieties_than_palettes_are_drawn() -> None:
    assert drawn(TYPICAL, position=len(PALETTE) + 2) is not None


def test_it_is_told_in_words_and_names_are_escaped() -> None:
    svg = drawn(TYPICAL, variety="<b>&'x'")
    title = svg.find(f"{SVG}title")
    assert title is not None and title.text is not None
    assert title.text.startswith("<b>&'x': a flower with sepals 5.9 by 2.8 cm and petals 4.3 by 1.3 cm")
    assert svg.attrib["role"] == "img" and svg.attrib["aria-labelledby"] == title.attrib["id"]


def test_it_is_small_enough_to_be_sent_at_every_key() -> None:
    assert len(draw_flower(measures(TYPICAL), variety="Setosa", position=0)) < 45_000


def test_a_smooth_path_goes_through_its_points() -> None:
    assert smooth([(0, 0), (1, 2), (3, 4)]).startswith("M0.0,0.0C")
    assert smooth([(0, 0), (1, 2), (3, 4)], closed=True).endswith("0.0,0.0Z")


def test_a_blade_is_as_wide_as_told_where_it_is_widest() -> None:
    blade = Blade(length=100, width=40, belly=0.6, ruffle=0.0)
    assert blade.half_width(0.6) == pytest.approx(20)
    assert blade.half_width(1.0) == 0
