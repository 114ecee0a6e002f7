"""Each job is what Hydra itself composes: same config, same errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hydra import version
from hydra._internal.callbacks import Callbacks
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.singleton import Singleton
from hydra.core.utils import JobStatus, run_job
from hydra.types import HydraContext, RunMode
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf, open_dict

from seedbed import paths
from seedbed.cli import _register
from seedbed.config.schema import Train
from seedbed.execution.sweep.composer import Composer
from seedbed.execution.sweep.grid import parse_grid

CONF = {
    "plain.yaml": """
        defaults: [split: random, model: knn, optional extra: null, _self_]
        a: 1
        b: text
        c: null
        must: ???
        items: [1, two, {x: 3}]
        deep: {x: {y: 1.5, z: on}, e: 6e12}
    """,
    "referring.yaml": """
        defaults: [plain, _self_]
        alias: ${split}
        seed: ${split.seed}
        number: ${hydra:job.num}
        made: ${b}-${deep.x.y}-${hydra:job.override_dirname}
        time: ${now:%f}
    """,
    "split/random.yaml": "{seed: 0, test_size: 0.2, stratify: true}",
    "split/kfold.yaml": "{seed: 0, folds: 5}",
    "model/knn.yaml": "{name: knn, n_neighbors: 5, sub: {p: 2}}",
    "model/tree.yaml": "{name: tree, depth: null, sub: {p: none}}",
    "extra/global.yaml": "# @package _global_\na: 7\nsplit: {seed: 11}",
    "extra/own.yaml": "{what: ${b}}",
}
MASTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "plain": ("plain", ()),
    "plain by overrides": ("plain", ("hydra.sweep.subdir=${hydra.job.override_dirname}",)),
    "plain by a value": ("plain", ("hydra.sweep.subdir=${split.seed}-${hydra.job.num}",)),
    "plain, other separators": (
        "plain",
        (
            "hydra.sweep.subdir=x${hydra:job.override_dirname}",
            "hydra.job.config.override_dirname={kv_sep: '_', item_sep: '+', exclude_keys: [split.seed, a]}",
            "hydra.job.name='a \"b\"'",
        ),
    ),
    "referring": ("referring", ()),
    "referring, elsewhere": ("referring", ("hydra.output_subdir=kept", "+hydra.sweep.extra=1")),
    "train": ("train", ()),
}


# Shrinking takes minutes; who meets a failure here adds Phase.shrink.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


@dataclass(frozen=True, repr=False)
class Sweeping:
    """What a sweeper is given."""

    loader: ConfigLoader
    master: DictConfig


class Elsewhere(Exception):
    """Hydra reads an escaped interpolation in its folder's name as one, and writes into another folder."""


@pytest.fixture(scope="module", autouse=True)
def _singletons() -> Iterator[None]:
    state = Singleton.get_state()
    yield
    Singleton.set_state(state)


@pytest.fixture(scope="module")
def masters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sweeping]:
    """Return the masters by name."""
    conf, out = tmp_path_factory.mktemp("conf"), tmp_path_factory.mktemp("out")
    for name, text in CONF.items():
        (conf / name).parent.mkdir(exist_ok=True)
        (conf / name).write_text(text if "\n" not in text else "\n".join(map(_dedent, text.splitlines())))
    _register("train", Train, "One run.")
    made = {}
    version.setbase("1.3")
    for name, (config, overrides) in MASTERS.items():
        GlobalHydra.instance().clear()
        place = paths.CONF if config == "train" else conf
        hydra = Hydra.create_main_hydra2("app", create_config_search_path(str(place)))
        words = [f"hydra.sweep.dir={out}/${{now:%f}}", *overrides]
        made[name] = Sweeping(hydra.config_loader, hydra.compose_config(config, words, RunMode.MULTIRUN, False))
        str(made[name].master.hydra.sweep.dir)
    return made


def _dedent(line: str) -> str:
    return line.removeprefix("        ")


def of_hydra(sweeping: Sweeping, number: int, words: Sequence[str]) -> Any:
    """Return a job's config as Hydra's basic launcher makes it."""
    HydraConfig.instance().set_config(sweeping.master)
    config = sweeping.loader.load_sweep_config(sweeping.master, list(words))
    with open_dict(config):
        config.hydra.job.id = str(number)
        config.hydra.job.num = number
    done = run_job(
        hydra_context=HydraContext(sweeping.loader, Callbacks()),
        task_function=lambda task: OmegaConf.to_container(task, resolve=True),
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
        configure_logging=False,
    )
    if done.status is JobStatus.FAILED:
        raise done._return_value
    assert done.hydra_cfg is not None
    if "${" in OmegaConf.to_container(done.hydra_cfg.hydra)["runtime"]["output_dir"]:  # type: ignore[index,call-overload]
        raise Elsewhere
    return done.return_value


def check(sweeping: Sweeping, composer: Composer, number: int, words: Sequence[str]) -> None:
    """Compare one job with Hydra's."""

    def compose() -> Any:
        return composer.compose(number, OverridesParser.create(sweeping.loader).parse_overrides(list(words)))

    try:
        config = of_hydra(sweeping, number, words)
    except Elsewhere:
        return
    except Exception as error:
        if "full_key: hydra.runtime.output_dir" in str(error):  # elsewhere, too: what its folder refers to is not there
            return
        with pytest.raises(type(error)) as raised:
            compose()
        # The sentence and its key; OmegaConf's further lines tell of the place that looked the value up.
        assert str(raised.value).splitlines()[:2] == str(error).splitlines()[:2]
        assert type(raised.value) is type(error)
        return
    composed = compose()
    if "time" in config:
        del config["time"], composed["time"]
    assert_same(composed, config)


def assert_same(one: Any, other: Any) -> None:
    """Compare values, their types and the order of their keys; nan equals nan."""
    assert repr(one) == repr(other)


VALUES = [
    "1", "2", "-3", "0.5", "1e5", "nan", "-inf", "true", "null", "", "text", "6e12345", "0x1F", "on", "1_0", "???",
    "'quoted, comma'", '"7"', r"'it\'s'", r"'a\\b'", r"a\,b", r"'\${split.seed}'", "${split.seed}", "${b}", "x${a}",
    "${hydra:job.num}", "${hydra.job.num}", "${nothing}", "${alias.seed}", "[1,2]", "[]", "{x: 1}", "{}", "{seed: 1}",
    "{seed: ${a}, folds: 3}", "str(3)", "int('4')", "größe ✓", "'two  spaces '", "'#: no comment'", "'- x: y'", "'~'",
    "2026-01-01", "12:30:00", "'a\tb'", "1,2", "range(3)", "'='", "'<<'", "random", "kfold", "knn", "tree", "a b",
]  # fmt: skip
KEYS = [
    "a", "b", "c", "must", "items", "items.0", "items.2.x", "deep", "deep.x", "deep.x.y", "deep.x.z", "deep.e", "split",
    "split.seed", "split.test_size", "split.stratify", "split.folds", "model", "model.name", "model.n_neighbors",
    "model.depth", "model.sub.p", "model.sub", "alias", "alias.seed", "seed", "made", "nothing", "nothing.at.all",
    "+new", "+new.key", "+split.extra", "++split.seed", "++new", "++new.deep.key", "+split@other", "split@other",
    "+extra", "extra", "+model@split.model", "hydra.job.name", "++hydra.sweep.more", "hydra", "model/sub",
]  # fmt: skip
TRAIN_KEYS = [
    "split", "split.seed", "split.test_size", "split.stratify", "preprocess", "preprocess.name",
    "estimator.n_neighbors", "estimator.p", "estimator", "estimator.metric", "dataset", "dataset.title",
    "dataset.labels.sepal_length", "dataset.labels.new", "+dataset.labels.new", "dataset.labels",
    "dataset.sliders.petal_width", "dataset.start", "dataset.sliders.petal_width.0", "tracking.uri", "selection.rule",
    "+experiment", "max_failures", "force", "output",
]  # fmt: skip
TRAIN_VALUES = [*VALUES, "standardize", "none", "tutorial", "iris", "csv", "package:iris.csv", "/a/b.csv", "[1.0,2.0]"]
DELETED = ["~a", "~split", "~split.seed", "~extra", "~deep.x", "~model.sub.p=2", "~model=knn", "~nothing", "~items"]


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    """Draw a master and jobs of it; most have the same keys, in any order of values."""
    master = draw(st.sampled_from(list(MASTERS)))
    of_train = master == "train"
    key = st.sampled_from(TRAIN_KEYS if of_train else KEYS)
    value = st.sampled_from(TRAIN_VALUES if of_train else VALUES)
    keys = draw(st.lists(key, min_size=1, max_size=4))
    deleted = [] if of_train else draw(st.lists(st.sampled_from(DELETED), max_size=1))
    jobs = []
    for _ in range(draw(st.integers(1, 4))):
        words = [f"{key}={draw(value)}" for key in keys] + deleted
        jobs.append(draw(st.permutations(words)) if draw(st.integers(0, 4)) == 0 else words)
    return master, jobs


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(drawn=sweeps())
def test_any_job_is_hydras_own(masters: dict[str, Sweeping], drawn: tuple[str, list[list[str]]]) -> None:
    name, jobs = drawn
    composer = Composer(masters[name].loader, masters[name].master)
    for number, words in enumerate(jobs):
        check(masters[name], composer, number, words)


def test_a_refused_value_is_refused_again(masters: dict[str, Sweeping]) -> None:
    composer = Composer(masters["train"].loader, masters["train"].master)
    for number, value in enumerate(["1", "many", "many", "2"]):
        check(masters["train"], composer, number, [f"split.seed={value}", "estimator.n_neighbors=3"])


@pytest.mark.parametrize("master", ["plain", "referring"])
def test_words_that_touch_the_same_key_keep_their_order(masters: dict[str, Sweeping], master: str) -> None:
    composer = Composer(masters[master].loader, masters[master].master)
    jobs = [
        ["split.seed=2", "split={seed: 1}"],
        ["split.seed=3", "split={seed: 1}"],
        ["split={seed: 1}", "split.seed=3"],
        ["alias.seed=5", "split.seed=4"],
        ["alias.seed=6", "split.seed=4"],
        ["split.seed=1", "split.seed=2"],
    ]
    for number, words in enumerate(jobs):
        check(masters[master], composer, number, words)


def test_jobs_that_differ_in_plain_values_are_composed_once(masters: dict[str, Sweeping]) -> None:
    loader = Counting(masters["train"].loader)
    composer = Composer(loader, masters["train"].master)  # type: ignore[arg-type]
    grid = parse_grid(OverridesParser.create(), ["split.seed=range(100)", "preprocess=none,standardize"])
    jobs = [composer.compose(number, words) for number, words in enumerate(grid.jobs)]
    assert loader.composed == 2
    assert [(job["preprocess"]["name"], job["split"]["seed"]) for job in jobs[-3:]] == [
        ("standardize", 98),
        ("none", 99),
        ("standardize", 99),
    ]
    assert [job["split"]["seed"] for job in jobs[:4]] == [0, 0, 1, 1]


@dataclass
class Counting:
    """Hydra's loader, counting what it composes."""

    loader: ConfigLoader
    composed: int = 0

    def load_sweep_config(self, master: DictConfig, words: list[str]) -> DictConfig:
        """Compose one job."""
        self.composed += 1
        return self.loader.load_sweep_config(master, words)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)
