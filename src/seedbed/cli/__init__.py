"""The one seam to Hydra: words in, a checked config out, errors as one sentence and an exit code."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field, fields, is_dataclass, make_dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from seedbed import paths
from seedbed.config.schema import Serve, Train
from seedbed.config.validation import COLUMN_NAMES, check_table_words, validate
from seedbed.errors import BadInput, NotDone, SeedbedError, hide_secrets
from seedbed.execution.engines.engine import TARGET_VARIABLE
from seedbed.execution.engines.local import warm_up
from seedbed.tracking.notices import say_if_slow
from seedbed.tracking.uris import bypass_proxy, resolve_uri

if TYPE_CHECKING:
    from omegaconf import DictConfig

Config = TypeVar("Config")
INTERRUPTED = 130
# Else OmegaConf makes text of a column's name that YAML has read as a number, and takes no key of another estimator.
_UNTYPED = (*COLUMN_NAMES, "estimator")
_NOWHERE = "."  # Hydra's folder of a command that is not asked for one; nothing is written there
_COLLECTED_EVERY = 100_000  # objects
# What differs from Hydra's Optuna plugin: each candidate is run over all split seeds, and most metrics are maximized.
_OPTUNA = {
    "_target_": "hydra_plugins.seedbed_sweep.sweeper.SeedbedOptunaSweeper",
    "direction": "maximize",
    "n_jobs": 1,
    "params": {},
}


def command(name: str, schema: type[Config]) -> Callable[[Callable[[Config], None]], Callable[[], None]]:
    """Make a verb's function a command: Hydra reads its words with `conf/NAME.yaml`, it gets the checked value."""

    def decorate(function: Callable[[Config], None]) -> Callable[[], None]:
        def main() -> None:
            code = _exit_code(lambda: _through_hydra(name, schema, function), schema, function.__doc__)
            gc.freeze()  # else Python, as it ends, looks through all that was imported, for seconds
            sys.exit(code)

        main.__doc__ = function.__doc__
        return main

    return decorate


def _prepare_process() -> None:
    # Errors of Hydra's own then reach this seam instead of ending the process there with code 1.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    bypass_proxy()
    try:
        Path.home()
    except RuntimeError:  # a user id without a name, as in containers; MLflow wants to know its folder and its name
        os.environ["HOME"] = gettempdir()
        os.environ.setdefault("LOGNAME", str(os.getuid()))
    if isinstance(sys.stdout, TextIOWrapper):
        # A letter that a terminal's encoding lacks must not end a run that was done.
        sys.stdout.reconfigure(errors="backslashreplace")


def _exit_code(action: Callable[[], None], schema: type[Any], doc: str | None) -> int:
    _prepare_process()
    try:
        say_if_slow(" ".join((doc or "").split()))
        action()
        return 0
    except KeyboardInterrupt:
        sentence, code = "Interrupted.", INTERRUPTED
    except BrokenPipeError:
        # The reader of the answer has seen enough; Python's own flush at exit would say so once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NotDone.exit_code
    except Exception as error:
        known = error if isinstance(error, SeedbedError) else _explain(error, schema)
        if known is None:
            raise
        sentence, code = str(known), known.exit_code
    finally:
        say_if_slow("")
    print(sentence, file=sys.stderr)
    return code


def _explain(error: Exception, schema: type[Any]) -> SeedbedError | None:
    from seedbed.cli.explain import explain

    if (known := explain(error, schema)) or "mlflow" not in sys.modules:
        return known
    from seedbed.tracking.store import describe_store_failure

    return NotDone(sentence) if (sentence := describe_store_failure(error)) else None


def _through_hydra(name: str, schema: type[Config], function: Callable[[Config], None]) -> None:
    if {"-m", "--multirun", "hydra.mode=MULTIRUN"} & set(sys.argv):
        if schema is not Train:
            raise BadInput(f"-m makes a sweep, and {name} does one thing once; leave -m out.")
        sys.argv[1:] = _spare_estimators(sys.argv[1:])
        # The process that workers are forked from imports for seconds; it does so while Hydra reads the words.
        warm_up()
    if schema is not Serve:  # which lives on
        # Of what a command imports nothing is garbage; looking it through time and again makes it slow to start.
        gc.set_threshold(_COLLECTED_EVERY)
    import hydra

    _register(name, schema, function.__doc__ or name)
    raised: list[BaseException] = []

    def task(config: DictConfig) -> None:
        if target := os.environ.get(TARGET_VARIABLE):
            from seedbed.execution.engines.worker import run_job

            run_job(read_config(config, Train), target)
            return
        # Hydra adds a line of its own to what leaves a job; so the error is carried around it.
        try:
            function(read_config(config, schema))
        except BaseException as error:
            raised.append(error)
        with suppress(OSError):
            # Hydra makes a folder if words of its own are typed, and seldom is there anything to keep in it.
            os.rmdir(_find_output())

    task.seedbed = True  # type: ignore[attr-defined]  # by this the sweeper knows its own
    hydra.main(version_base="1.3", config_path=str(paths.CONF), config_name=name)(task)()
    if raised:
        raise raised[0]


def _spare_estimators(words: Sequence[str]) -> list[str]:
    """Return a multirun's words so that a parameter of one of several estimators is an axis, of a single value too.

    A sweep that is resumed may have several, too. Hydra composes the sweep's own config with the words that are no
    axis, and there is but the default estimator in it.
    """
    if not any(re.match(r"estimator=.*[,(]|resume=", word) for word in words):
        return list(words)
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parser, found = OverridesParser.create(), []
    for word in words:
        param = re.fullmatch(r"(estimator\.\w+)=(.+)", word, re.DOTALL)
        single = param and not parser.parse_override(word).is_sweep_override()
        found.append(f"{param[1]}=choice({param[2]})" if param and single else word)
    return found


def make_output(verb: str, dataset: str) -> Path:
    """Return the folder for what a command writes: hydra.run.dir if it was typed, else a new one in outputs/."""
    if output := _find_output():
        return Path(output)
    folder = paths.OUTPUTS / verb / f"{dataset}_{datetime.now():%Y-%m-%d_%H-%M-%S-%f}"
    folder.mkdir(parents=True)
    return folder


def _find_output() -> str:
    """Return the folder that Hydra has made for this command; "" if it was not asked to."""
    from hydra.core.hydra_config import HydraConfig

    config = HydraConfig.get() if HydraConfig.initialized() else None
    return "" if config is None or config.run.dir == _NOWHERE else str(config.runtime.output_dir)


def _register(name: str, schema: type[Any], doc: str) -> None:
    from hydra.core.config_store import ConfigStore
    from hydra.core.plugins import Plugins
    from omegaconf import OmegaConf

    node = OmegaConf.structured(_open(schema))
    wanted = any(re.match(r"[+~]*hydra|--?m", word) for word in sys.argv[1:])
    folder = f"{paths.OUTPUTS}/{name}/${{now:%Y-%m-%d_%H-%M-%S-%f}}" if wanted else _NOWHERE
    hydra: dict[str, Any] = {"run": {"dir": folder}, "sweep": {"dir": "${hydra.run.dir}"}, "output_subdir": None}
    hydra["help"] = {"template": "${seedbed_help:}"}

    def format_help(*, _root_: DictConfig) -> str:
        from seedbed.cli.help import format_help

        return format_help(doc, name, schema, _root_)

    OmegaConf.register_new_resolver("seedbed_help", format_help, replace=True)
    # Hydra copies this store whole for each group that it lists, and each config once more as it loads it; shared,
    # `--help` takes 0.9 s of CPU in place of 2.1 (medians of 7 rounds, alternating).
    ConfigStore.__deepcopy__ = lambda shared, memo: shared  # type: ignore[attr-defined]
    store = ConfigStore.instance()
    store.store(name=f"{name}_schema", node=node)
    # Inside Hydra's own group, where --help and completion list nothing, as there is nothing to choose.
    store.store(group="hydra", name="outputs", node={"hydra": hydra}, package="_global_")
    # Plugins store their configs as they are found; what is stored later counts.
    Plugins.instance()
    if "optuna.yaml" in store.list("hydra/sweeper"):
        node = OmegaConf.merge(store.load("hydra/sweeper/optuna.yaml").node, _OPTUNA)
        store.store(group="hydra/sweeper", name="optuna", node=node, provider="seedbed")


def _open(schema: type[Any], prefix: str = "") -> type[Any]:
    """Return a schema as Hydra composes it: the same keys and types, but for those whose values are checked later."""
    kinds, items = get_type_hints(schema), []
    for item in fields(schema):
        kind, name = kinds[item.name], prefix + item.name
        given = {key: getattr(item, key) for key in ("default", "default_factory")}
        if name in _UNTYPED:
            kind, given = Any, {"default": None}
        elif is_dataclass(kind):
            given = {"default_factory": (kind := _open(kind, f"{name}."))}  # type: ignore[arg-type]
        items.append((item.name, kind, field(**given)))
    return make_dataclass(schema.__name__, items)


def read_config(config: DictConfig, schema: type[Config]) -> Config:
    """Return the checked value of a composed config, or raise BadInput, as `validate` does."""
    from hydra.core.hydra_config import HydraConfig

    from seedbed.execution.sweep.composer import to_plain

    hydra = HydraConfig.get()
    if hydra.output_subdir:  # where Hydra has written what was typed
        for file in Path(hydra.runtime.output_dir, hydra.output_subdir).glob("*.yaml"):
            file.write_text(hide_secrets(file.read_text(encoding="utf-8")), encoding="utf-8")
    value: Config = validate(to_plain(config), schema, hydra.overrides.task, Path(hydra.runtime.cwd), resolve_uri)
    check_table_words(hydra.runtime.choices.get("dataset"), hydra.overrides.task)
    return value
