"""Contributions as bars, and curves, as they are drawn and said."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from serve.drawings.reasons import describe_turns, draw_contributions, draw_curves
from serve.model.card import Card, Feature
from serve.model.explanations import Contributions, Curve
from serve.model.predictions import Answer

CARD = Card(
    title="t", features=(Feature(name="x", unit="cm", low=0, high=4), Feature(name="<i>")), classes=("a", "b", "<b>")
)


def said(predicted: str = "a") -> Answer:
    return Answer(predicted=predicted, probabilities={}, tied=(), values=[1.5, 2.0], neighbors=None, notes={})


def contributions(**changes: Any) -> Contributions:
    given = {"runner_up": "<b>", "start": -1.0, "origin": "an average row", "parts": {"x": 0.5, "<i>": 2.5}}
    return Contributions(**{**given, "log_odds": True, **changes})


def curve(classes: str, shares: list[float] | None = None, typed: float = 2.0) -> Curve:
    return Curve(feature="x", typed=typed, points=[0.0, 1.0, 2.0, 3.0, 4.0], classes=list(classes), shares=shares or [])


def parse(html: Markup) -> str:
    """Return the text of what is drawn, which is well-formed and holds no markup of a name."""
    assert "<b>" not in html and "<i>" not in html
    return "".join(ElementTree.fromstring(html).itertext())


def test_bars_stand_by_their_length_on_both_sides_of_zero() -> None:
    html = draw_contributions(CARD, said(), contributions())
    text = parse(html)
    assert text.index("<i>") < text.index("x (cm)") < text.index("Start: an average row")
    assert re.findall(r"[+\N{MINUS SIGN}]\d\.\d\d", text) == ["+2.50", "+0.50", "\N{MINUS SIGN}1.00", "+2.00"]
    sides = re.findall(r"left:([\d.]+)%;width:([\d.]+)%", html)
    assert sides == [("28.57", "71.43"), ("28.57", "14.29"), ("0.00", "28.57")]
    assert "a is 7.4 times as probable as <b>" in text


@pytest.mark.parametrize(
    ("difference", "words"), [(0.0, "1.0 times"), (3.0, "20 times"), (500.0, "more than 1,000 times")]
)
def test_the_odds_are_said_in_words(difference: float, words: str) -> None:
    assert words in parse(draw_contributions(CARD, said(), contributions(start=difference - 3.0)))


def test_scores_that_are_no_log_odds_are_not_called_that() -> None:
    text = parse(draw_contributions(CARD, said(), contributions(log_odds=False)))
    assert "by which the score of a exceeds that of <b>" in text and "probable" not in text


def test_contributions_of_nothing_are_drawn() -> None:
    text = parse(draw_contributions(CARD, said(), contributions(start=0.0, parts={"x": 0.0, "<i>": -0.0})))
    assert "+0.00" in text and "\N{MINUS SIGN}" not in text


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ("aaaaa", "Stays a"),
        ("bbaaa", "Becomes b at 1"),
        ("aaab<", "Becomes b at 3"),
        ("b<ab<", "Becomes < at 1, b at 3"),
        ("baaab", "Becomes b at 0, b at 4"),
    ],
)
def test_it_is_said_where_the_answer_turns(classes: str, words: str) -> None:
    assert describe_turns(CARD.features[0], curve(classes)) == words


def test_a_curve_has_its_probabilities_and_its_band_of_classes() -> None:
    html = draw_curves(CARD, said(), [curve("bbaaa", [0.0, 0.25, 1.0, 1.0, 0.5])])
    text = parse(html)
    assert "How the probability of a changes" in text and "100 %" in text and "Becomes b at 1" in text
    assert "the measurement that tells the classes apart best" in text
    bands = re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)"', html)
    assert [(float(left), float(width)) for left, width in bands] == [(44, 84), (128, 140)]
    assert 'cx="156.0" cy="8.0"' in html


def test_without_probabilities_there_is_the_band_alone() -> None:
    html = draw_curves(CARD, said(), [curve("bbaaa"), Curve(**{**vars(curve("aaaaa")), "feature": "<i>"})])
    text = parse(html)
    assert "How the answer changes" in text and "%" not in text and "apart best" not in text
    assert "seedbed-line" not in html and html.count("<rect") == 3


def test_a_value_far_off_is_drawn_at_the_edge() -> None:
    far = Curve(feature="x", typed=1e9, points=[0.0, 4.0, 1e9], classes=["a", "a", "a"], shares=[1.0, 1.0, 1.0])
    html = draw_curves(CARD, said(), [far])
    assert 'cx="268.0"' in html and all(float(x) <= 268 for x in re.findall(r"L([\d.]+),", html))
