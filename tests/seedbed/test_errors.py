"""Sentences: what is named, what is near, how values are shown."""

from __future__ import annotations

import pytest

from seedbed.errors import UnknownKey, UnknownName, clip, find_similar, hide_secrets, join_names, join_or

KEYS = ["dataset.name", "estimator.n_neighbors", "estimator.name", "split.seed", "split.test_size", "output"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("estimator.n_neighbours", ["estimator.n_neighbors"]),
        ("estimater.n_neighbors", ["estimator.n_neighbors"]),
        ("seed", ["split.seed"]),
        ("split.sed", ["split.seed"]),
        ("ouput", ["output"]),
        ("qqq", []),
    ],
)
def test_the_nearest_keys_are_offered(typed: str, meant: list[str]) -> None:
    assert find_similar(typed, KEYS) == meant


def test_a_key_of_the_same_group_is_preferred() -> None:
    assert find_similar("estimator.nam", KEYS) == ["estimator.name"]


def test_an_unknown_key_without_a_near_one_lists_those_beside_it() -> None:
    assert str(UnknownKey("split.qqq", KEYS)) == "There is no key split.qqq; the keys are split.seed, split.test_size."
    assert str(UnknownKey("qqq", KEYS)) == "There is no key qqq; the keys are output."
    assert str(UnknownKey("q.qq", ["output", "a.b"])) == "There is no key q.qq; the keys are a.b, output."


def test_an_unknown_name_lists_what_there_is() -> None:
    assert str(UnknownName("run", "x", [])) == "There is no run x; there is none."
    assert str(UnknownName("run", "x", ["a"])) == "There is no run x; there is a."
    many = UnknownName("run", "alphb", ["alpha", "b", "c", "d"])
    assert str(many) == "There is no run alphb; there is alpha, b, c, d; did you mean alpha?"


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\n  b", "a b"), ("", "''"), ("  ", "'  '"), (None, "None"), (1.5, "1.5"), ("x" * 300, "x" * 117 + "…")],
)
def test_a_value_is_shown_on_one_line(value: object, text: str) -> None:
    assert clip(value) == text


def test_lists_are_cut_and_alternatives_joined() -> None:
    assert join_names(range(14)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"
    assert (join_or(["a"]), join_or(["a", "b", "c"])) == ("a", "a, b or c")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://h/w.csv?token=SECRET", "http://h/w.csv?***"),
        ("HTTPS://me:SECRET@h/w.csv#SECRET", "HTTPS://***@h/w.csv#***"),
        ("http://h/w.csv?a=1&b=${oc.env:B}", "http://h/w.csv?***"),
        ("http://h/w.csv?t=${oc.env:B,SECRET}", "http://h/w.csv?***"),
        ("postgresql://me:SEC@R/ET x@h/db?sslpassword=SECRET", "postgresql://***@h/db?***"),
        ("mysql+pymysql://me@h/db", "mysql+pymysql://***@h/db"),
        ('dataset.path="http://h/w.csv?token=SEC, RET"', 'dataset.path="http://h/w.csv?***"'),
        ("dataset.path='http://h/w.csv?token=SEC\\'RET'", "dataset.path='http://h/w.csv?***'"),
        ('dataset={path:"http://h/w?SECRET",target:x}', 'dataset={path:"http://h/w?***",target:x}'),
        ("  path: http://h/w.csv?SEC)R,ET\n  name: w", "  path: http://h/w.csv?***\n  name: w"),
    ],
)
def test_no_address_keeps_a_secret(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown == hide_secrets(shown)


@pytest.mark.parametrize(
    "text",
    [
        "sqlite:////a@b/m.db?timeout=3",
        "https://h/a@b",
        "databricks",
        "what is a?b",
        "http://${oc.env:USER}:${oc.env:PW}@h/w.csv?token=${oc.env:TOKEN}&b=${oc.env:B}",
    ],
)
def test_what_is_not_a_secret_stays(text: str) -> None:
    assert hide_secrets(text) == text


def test_without_a_mark_nothing_is_left_of_what_is_hidden() -> None:
    assert (
        hide_secrets("http://${oc.env:USER}@h/w.csv?t=1", "") == hide_secrets("http://h/w.csv", "") == "http://h/w.csv"
    )
