"""The files of conf/estimator: each describes a class of scikit-learn as it is, and how to tune it."""

from __future__ import annotations

import warnings
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from seedbed.config.candidate import format_param, format_params, parse_param
from seedbed.config.families import OWN, list_families, read_family
from seedbed.config.schema import Estimator
from seedbed.errors import BadInput

SHIPPED = [family.name for family in list_families() if family.name != OWN]
CELLS = {
    "knn": 30,
    "logistic": 7,
    "naive_bayes": 3,
    "tree": 5,
    "forest": 9,
    "extra_trees": 9,
    "hgb": 9,
    "svc": 9,
    "mlp": 3,
}
# What a file sets otherwise than the class: so that it converges.
OTHERWISE = {("logistic", "max_iter"), ("mlp", "max_iter")}


def load_class(target: str) -> Any:
    module, _, name = target.rpartition(".")
    return getattr(import_module(module), name)


def test_these_families_are_shipped() -> None:
    assert set(SHIPPED) == set(CELLS)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_file_has_the_defaults_of_its_class_by_the_names_of_its_class(name: str) -> None:
    family = read_family(name)
    params = signature(load_class(family.target)).parameters
    assert set(family.defaults) <= set(params)
    for key, value in family.defaults.items():
        default = list(params[key].default) if isinstance(params[key].default, tuple) else params[key].default
        assert value == default or (name, key) in OTHERWISE, key


@pytest.mark.parametrize("name", SHIPPED)
def test_a_default_grid_varies_parameters_that_the_file_has_and_explains(name: str) -> None:
    family = read_family(name)
    assert set(family.grid) <= set(family.defaults) == set(family.params)
    assert all(spec.meaning for spec in family.params.values())
    words = OverridesParser.create().parse_overrides([f"{key}={values}" for key, values in family.grid.items()])
    assert np.prod([len(list(word.sweep_iterator())) for word in words]) == CELLS[name]


def test_an_integer_is_a_number_of_the_kind_that_the_default_is() -> None:
    assert Estimator("logistic", C=1) == Estimator("logistic", C=1.0)
    assert Estimator("forest", max_features=1) != Estimator("forest", max_features=1.0)


def test_a_count_and_a_share_are_two_candidates() -> None:
    texts = [format_params({"estimator.max_features": value}) for value in (1, 1.0, 0.1 + 0.2, "sqrt", None)]
    assert [text["estimator.max_features"] for text in texts] == ["1", "1.0", "0.3", "sqrt", "null"]


def test_the_power_of_a_distance_is_written_as_it_always_was() -> None:
    assert format_param(2.0, "estimator.p") == "2"


@pytest.mark.parametrize("value", [1, 1.0, 0.25, 1e-9, 1e-5, True, None, "sqrt", (100,), (50, 20), "l1"])
def test_a_param_of_any_estimator_is_read_back_as_it_was(value: Any) -> None:
    read = parse_param("estimator.anything", format_param(value, "estimator.anything"))
    assert read == value and type(read) is type(value)


def test_a_recorded_config_has_no_other_params_than_were_recorded() -> None:
    recorded = {"name": "forest", "n_estimators": 10}
    assert Estimator.from_plain(recorded).to_plain(target=False) == recorded


def test_another_class_under_the_name_of_a_family() -> None:
    with pytest.raises(BadInput, match=r"type estimator=own estimator\._target_=CLASS\.$"):
        Estimator("forest", _target_="sklearn.tree.DecisionTreeClassifier")


def test_nothing_is_known_of_a_family_without_a_file() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_family("../tracking/local").target == read_family("none such").target == ""
