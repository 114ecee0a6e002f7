"""Every module can be imported where warnings are errors, and every YAML of `conf/` composes."""

from __future__ import annotations

import builtins
import json
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

import seedbed
from seedbed.config.schema import Compare, Explore, Predict, Promote, Prune, Reproduce, Serve, Train
from seedbed.paths import CONF

VERBS: dict[str, type[Any]] = {
    "train": Train,
    "explore": Explore,
    "promote": Promote,
    "compare": Compare,
    "reproduce": Reproduce,
    "prune": Prune,
    "predict": Predict,
    "serve": Serve,
}
MODULES = sorted(module.name for module in pkgutil.walk_packages(seedbed.__path__, "seedbed."))


def test_every_module_can_be_imported_where_warnings_are_errors(pytestconfig: pytest.Config) -> None:
    """With the exceptions that the tests themselves make, for what third parties warn of."""
    rules = [rule.split(":") for rule in pytestconfig.getini("filterwarnings") if rule.startswith("ignore:")]
    builtin = [(message, kind) for _, message, kind in rules if hasattr(builtins, kind)]
    program = (
        "import builtins, importlib, json, sys, warnings\n"
        "warnings.simplefilter('error')\n"
        "for message, kind in json.loads(sys.argv[1]):\n"
        "    warnings.filterwarnings('ignore', message, getattr(builtins, kind))\n"
        "for name in sys.argv[2:]:\n"
        "    importlib.import_module(name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(builtin), *MODULES], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_config_of_each_verb_is_there() -> None:
    assert {file.stem for file in CONF.glob("*.yaml")} == set(VERBS)


GROUPS = sorted(
    f"{file.parent.relative_to(CONF)}={file.stem}"
    for file in CONF.rglob("*.yaml")
    if file.parent != CONF and "hydra" not in file.parts
)


IDLE = {("selection", "train"), ("selection", "prune")}
RESOLVED = {"preprocess=default": "none"}  # with the default table; auto, once the table is read


@pytest.mark.parametrize("word", GROUPS)
def test_every_option_of_every_group_composes(word: str, config_of: Callable[..., Any]) -> None:
    group, _, option = word.partition("=")
    # What train does not need is refused there.
    known = [
        name for name, schema in VERBS.items() if group in schema.__dataclass_fields__ and (group, name) not in IDLE
    ]
    assert known or group == "experiment"
    for name in known or ["train"]:
        more = ["estimator._target_=sklearn.dummy.DummyClassifier"] * (word == "estimator=own")
        config = config_of(VERBS[name], f"+{word}" if group == "experiment" else word, *more)
        if word in RESOLVED:
            assert config.preprocess.name == RESOLVED[word]
        elif hasattr(getattr(config, group, None), "name") and group != "dataset":
            assert getattr(config, group).name == option


@pytest.mark.parametrize("name", VERBS)
def test_the_defaults_of_every_verb_compose(name: str, config_of: Callable[..., Any]) -> None:
    assert isinstance(config_of(VERBS[name]), VERBS[name])


def test_a_yaml_states_only_what_differs_from_the_schema() -> None:

    schema = Train()
    for file in CONF.rglob("*.yaml"):
        group = file.parent.name
        if group not in ("preprocess", "split", "selection", "tracking") or "hydra" in file.parts:
            continue
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        same = {key for key, value in content.items() if getattr(getattr(schema, group), key) == value}
        assert same <= {"name", "uri", "rule"}, f"{file}: {same} are defaults already"
