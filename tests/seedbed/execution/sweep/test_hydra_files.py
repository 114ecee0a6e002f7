"""What Hydra keeps of a job, written without a dump of each: whatever the values are, they come back."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from seedbed.execution.sweep.hydra_files import Template, document, inline, item

# YAML holds no half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS | st.integers() | st.booleans() | st.none() | st.lists(TEXTS))
def test_a_value_on_one_line_comes_back_from_within_a_document(value: object) -> None:
    text = Template({"before": 1, "open": None, "after": 2}, [["open"]]).text([value])
    for read in (yaml.safe_load(text), OmegaConf.to_container(OmegaConf.create(text))):
        assert read == {"before": 1, "open": value, "after": 2}
        assert type(read["open"]) is type(value)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-9, 1e300, math.inf, -math.inf])
def test_a_number_comes_back_to_the_last_digit(value: float) -> None:
    assert repr(yaml.safe_load(inline(value))) == repr(value)


@given(st.lists(TEXTS, min_size=1))
def test_a_list_of_overrides_is_the_document_that_yaml_writes(words: list[str]) -> None:
    assert "".join(map(item, words)) == document(words)
