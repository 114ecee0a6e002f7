"""A grid has the jobs that Hydra's basic sweeper makes of the same words, in its order."""

from __future__ import annotations

import re

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import BadInput
from seedbed.execution.sweep.grid import Grid, check_axes, format_override, parse_grid

PARSER = OverridesParser.create()
KEYS = ["a", "b.c", "+d", "++e.f", "split", "g@h", "+g@h.i"]
VALUES = [
    "1", "1,2", "range(3)", "range(0.1,0.5,0.1)", "range(5,1,-2)", "choice(a,b,7)", "[1,2],[3]", "{x: 1},{x: 2}",
    "'a,b',c", r"a\,b", "${a},1", "sort(3,1,2)", "sort(range(1,10,4),reverse=true)", "null", "", "'',x", "true,false",
    "1.50,1.5", "tag(u,choice(1,2))", "int(3.7),str(2)", r"'it\'s',\"x\"".replace('\\"', '"'), "a b,c d",
]  # fmt: skip


@given(st.lists(st.builds("{}={}".format, st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=4))
def test_its_jobs_are_those_of_the_basic_sweeper(words: list[str]) -> None:
    (expected,) = BasicSweeper.split_arguments(PARSER.parse_overrides(words), None)
    assert [list(map(format_override, job)) for job in parse_grid(PARSER, words).jobs] == expected


@given(st.lists(st.builds("{}={}".format, st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=4))
def test_its_overrides_are_what_their_text_is_parsed_to(words: list[str]) -> None:
    for job in parse_grid(PARSER, words).jobs:
        for override, parsed in zip(job, PARSER.parse_overrides(list(map(format_override, job))), strict=True):
            assert override.value() == parsed.value()
            assert type(override.value()) is type(parsed.value())
            assert (override.type, override.value_type) == (parsed.type, parsed.value_type)
            assert (override.key_or_group, override.package) == (parsed.key_or_group, parsed.package)


def test_a_deleted_key_is_kept() -> None:
    jobs = parse_grid(PARSER, ["a=1,2", "~b"]).jobs
    assert [tuple(map(format_override, job)) for job in jobs] == [("a=1", "~b"), ("a=2", "~b")]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("a=range(10,1)", "a=range(10,1) has no values, so there is nothing to run."),
        ("a=interval(1,3)", "a=interval(1,3) is an interval; a grid takes a list, a range or choices of values."),
    ],
)
def test_no_jobs_are_refused(word: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=re.escape(sentence)):
        parse_grid(PARSER, [word])


@pytest.mark.parametrize("word", ["dataset.path=a,b", "tracking.uri=a,b", "output=text,json", "max_failures=1,2"])
def test_what_a_sweep_has_once_may_vary_in_other_programs_alone(word: str) -> None:
    grid = parse_grid(PARSER, [word])
    assert len(grid.jobs) == 2
    with pytest.raises(BadInput, match=word.partition("=")[0]):
        check_axes(grid)


def test_its_words_are_kept_without_what_is_secret_in_an_address() -> None:
    own = parse_grid(PARSER, ["estimator.source='https://user:pw@h/x?token=1'"])
    grid = Grid(parse_grid(PARSER, ["dataset.path='https://user:pw@h/x'", "split.seed=1,2"]).axes, {"a": own.axes})
    assert grid.words == {
        "dataset.path": ("dataset.path='https://***@h/x'",),
        "split.seed": ("split.seed=1", "split.seed=2"),
    }
    assert grid.family_words == {"a": {"estimator.source": ("estimator.source='https://***@h/x?***'",)}}
