"""From plain values to a checked config."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from seedbed.config.schema import Prune, Train
from seedbed.config.validation import build_config, resolve_path, round_floats, validate
from seedbed.errors import BadValue, UnknownKey


def plain(**groups: Any) -> dict[str, Any]:
    return {"dataset": {"path": None}, "tracking": {"uri": None}, **groups}


def as_typed(uri: str | None, folder: Path) -> str:
    return f"{uri} in {folder}"


def test_floats_are_rounded_everywhere_but_nan_stays() -> None:
    assert round_floats({"a": [0.1 + 0.2, 3, "x"], "b": {"c": 1 / 3}}) == {
        "a": [0.3, 3, "x"],
        "b": {"c": 0.333333333333},
    }
    assert math.isnan(round_floats(math.nan)) and round_floats(math.inf) == math.inf


def test_a_key_that_no_group_has_is_refused() -> None:
    with pytest.raises(UnknownKey, match=r"There is no key split\.k; "):
        build_config(Train, {"split": {"k": 3}})


def test_a_bad_value_is_refused_as_it_is_built() -> None:
    with pytest.raises(BadValue, match=r"^split\.test_size=nan is not valid"):
        build_config(Train, {"split": {"test_size": math.nan}})


def test_null_stays_null() -> None:
    recorded = {"name": "knn", "p": None}
    assert build_config(Train, {"estimator": recorded}).estimator.values == {"p": None}


def test_paths_start_where_they_were_typed(tmp_path: Path) -> None:
    config = validate(plain(dataset={"path": "a.csv"}), Train, [], tmp_path, as_typed)
    assert config.dataset.path == str(tmp_path / "a.csv")
    assert config.tracking.uri == f"None in {tmp_path}"
    assert resolve_path("~/a.csv", tmp_path) == str(Path.home() / "a.csv")
    for remote in ("https://h/x.csv?a=1", "HTTP://h/x.csv", "package:iris.csv"):
        assert resolve_path(remote, tmp_path) == remote


def test_texts_in_a_list_that_look_like_numbers_stay_as_typed(tmp_path: Path) -> None:
    made_of_it = {**plain(), "runs": ["a1", "inf", "7"]}
    assert validate(made_of_it, Prune, ["runs=[a1, 6e123456,007]"], tmp_path, as_typed).runs == [
        "a1",
        "6e123456",
        "007",
    ]


@pytest.mark.parametrize("typed", ["007", "1e5", "6e123456", "1_000", "12.50"])
def test_a_text_that_looks_like_a_number_stays_as_typed(typed: str, tmp_path: Path) -> None:
    content = plain(resume="something that Hydra made of it")
    assert validate(content, Train, [f"resume={typed}"], tmp_path, as_typed).resume == typed
