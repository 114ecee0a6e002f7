"""Conducts a sweep of Seedbed's own between Hydra's launcher and the parent run."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, suppress
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from seedbed.config.constraints import check_value
from seedbed.config.naming import quote_override, resolve_dataset_name
from seedbed.config.schema import SWITCHES, Train
from seedbed.errors import BadInput, SeedbedError, clip, hide_secrets, join_or
from seedbed.execution.engines import local
from seedbed.execution.engines.engine import TARGET_VARIABLE, Engine
from seedbed.execution.sweep.composer import Composer
from seedbed.execution.sweep.grid import (
    ESTIMATOR,
    Grid,
    add_families,
    check_axes,
    format_override,
    parse_axes,
    parse_grid,
)
from seedbed.execution.sweep.messages import SweepRequest
from seedbed.execution.sweep.sweep import LIFECYCLE, RunsFailed, Sweep
from seedbed.tracking.notices import say
from seedbed.tracking.uris import resolve_uri


def conduct(
    loader: ConfigLoader, config: DictConfig, launcher: Launcher, default: Sequence[str], typed: Sequence[str]
) -> Sequence[Any]:
    """Check, open, launch and close a sweep; print its end.

    Parameters
    ----------
    default, typed : the words of the default grid and those that were typed; a typed key replaces that key.

    Raises
    ------
    SeedbedError : a cell that cannot run, a store that is away, runs that failed.
    KeyboardInterrupt : after the runs so far were closed.
    """
    parser = OverridesParser.create(config_loader=loader)
    grid = parse_grid(parser, typed)
    check_axes(grid)
    engine = prepare_engine(config, launcher)
    store = resolve_uri(config.tracking.uri, Path.cwd())
    resumed, recorded = _recall(store, config, grid) if config.resume is not None else (None, None)
    base = _recall_grid(parser, recorded) if recorded else parse_grid(parser, default)
    chosen = {key: axis for key, axis in grid.axes.items() if key not in SWITCHES}
    composer = Composer(loader, config)
    estimators = _compose_families(composer, config, chosen, base)
    grid = add_families(parser, chosen, base, estimators, resumed=recorded is not None)
    folder, typed_in, first = str(config.hydra.sweep.dir), str(Path.cwd()), 0
    if recorded:
        folder, typed_in = recorded["folder"], recorded["typed_in"]
        # The same grid keeps its numbers; a wider one numbers on from where the old one ended.
        first = 0 if grid.makes_the_runs_of(base) else recorded["jobs"]
        # Its jobs go on in the folder of its first start.
        escaped = folder.replace("\\", "\\\\").replace("'", "\\'")
        OmegaConf.set_readonly(config, False)
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir='{escaped}'")
    jobs = composer.compose_jobs(first, grid.jobs, Path(typed_in))
    name = resolve_dataset_name(jobs[0].config.dataset)
    if recorded and (kept := recorded.get("dataset", name)) != name:
        raise BadInput(
            f"The sweep {str(resumed)[:8]} is of the table {clip(kept)}, not of {clip(name)}; resume it with "
            f"{quote_override('dataset.name', kept)}, or without a name."
        )
    found_in, families = store if resumed else None, grid.family_words
    request = SweepRequest(
        *(jobs, grid.words, folder, typed_in, resumed, found_in, config.force),
        families=families,
        baselines=read_baselines(config),
    )
    if config.dry_run:
        print(local.call(f"{LIFECYCLE}.preview_sweep", request, (engine or local.LocalEngine()).workers))
        return []
    sweep = _open(request, store, config, engine)

    def launch() -> Sequence[Any]:
        keep_config(config, Path(request.folder))
        return _launch(sweep, launcher, engine, config)

    return [run_to_end(launch, lambda: sweep)]


def _open(request: SweepRequest, store: str, config: DictConfig, engine: Engine | None) -> Sweep:
    if engine is None or find_hydras_own(config):
        return Sweep.open(request)
    dataset, cells = request.jobs[0].config.dataset, len(request.jobs)
    try:
        return Sweep.open(request, lambda: engine.prepare(store, dataset, cells))
    except BaseException:
        engine.close(0.0)
        raise


def prepare_engine(config: DictConfig, launcher: Launcher) -> Engine | None:
    """Check what is set for a sweep as a whole; return its launcher's engine, None if the launcher is Hydra's.

    Raises
    ------
    BadValue : a switch, or a number of workers, that cannot be.
    """
    for key in SWITCHES:
        check_value(Train, key, config[key])
    engine: Engine | None = launcher.make_engine() if hasattr(launcher, "make_engine") else None
    return engine


def read_baselines(config: DictConfig) -> tuple[str, ...] | None:
    """Return the baselines that were typed; None if none were, so that the table decides."""
    return None if config.baselines is None else tuple(config.baselines)


def find_hydras_own(config: DictConfig) -> str:
    """Return what of a config only Hydra's own way of running jobs gives; empty if there is nothing."""
    keys = ("hydra.callbacks", "hydra.job.env_set", "hydra.job.chdir", "hydra.output_subdir")
    wanted = [key for key in keys if OmegaConf.select(config, key)]
    handlers = OmegaConf.select(config, "hydra.job_logging.handlers") or {}
    files = any("filename" in handler for handler in handlers.values())
    wanted += ["the log files of hydra.job_logging"] * files
    return join_or(wanted) if wanted else ""


def run_to_end(launch: Callable[[], Sequence[Any]], find_sweep: Callable[[], Sweep | None]) -> Sequence[Any]:
    """Launch a sweep's jobs, close it, once it is open, however that ends, and print its end."""
    try:
        returns = launch()
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        if interrupted and (loky := sys.modules.get("joblib.externals.loky")):
            # The processes of joblib's launcher would finish what they hold and wait for more.
            loky.get_reusable_executor().shutdown(wait=False, kill_workers=True)
        if sweep := find_sweep():
            # What stopped the sweep is what there is to say; if the store is away, resume closes its runs.
            with suppress(SeedbedError):
                sweep.close("KILLED" if interrupted else "FAILED")
            if interrupted:
                say(f"The runs so far are kept; {sweep.continuation}")
        raise
    if sweep := find_sweep():
        try:
            print(sweep.close(trouble=_find_trouble(returns)))
        except RunsFailed as error:
            print(error.summary)
            raise
    return returns


def keep_config(config: DictConfig, folder: Path) -> None:
    """Keep the sweep's own config in its folder, as Hydra's sweepers do, but for the secrets in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "multirun.yaml").write_text(hide_secrets(OmegaConf.to_yaml(config)), encoding="utf-8")


def _recall(store: str, config: DictConfig, typed: Grid) -> tuple[str, dict[str, Any]]:
    reference = config.resume
    for word in typed.axes.get("resume", ()):
        if not isinstance(word.value(), str):  # an id may look like a number
            reference = format_override(word).partition("=")[2]
    found: tuple[str, dict[str, Any]] = local.call(f"{LIFECYCLE}.recall_sweep", store, reference)
    return found


def _recall_grid(parser: OverridesParser, recorded: Mapping[str, Any]) -> Grid:
    """Return the grid of a recorded sweep, but for its store: it goes on where it was found."""
    words = {key: axis for key, axis in recorded["words"].items() if key not in ("tracking", "tracking.uri")}
    if "families" not in recorded:  # what was not typed was `none` before a table had a say in it
        words = {"preprocess": ["preprocess=none"], **words}
    families = {name: parse_axes(parser, axes) for name, axes in recorded.get("families", {}).items()}
    return Grid(parse_axes(parser, words), families)


def _compose_families(
    composer: Composer, config: DictConfig, typed: Mapping[str, Any], base: Grid
) -> dict[str, Mapping[str, Any]]:
    """Return the composed config of each estimator of a sweep, by the override that chooses it."""
    choices = {**base.axes, **typed}.get(ESTIMATOR, ())
    if not choices or (len(choices) == 1 and ESTIMATOR in typed):
        return {"": OmegaConf.to_container(config.estimator or OmegaConf.create())}  # type: ignore[dict-item]
    return {format_override(choice): composer.compose_group(ESTIMATOR, choice) for choice in choices}


def _launch(sweep: Sweep, launcher: Launcher, engine: Engine | None, config: DictConfig) -> Sequence[Any]:
    if engine and (wanted := find_hydras_own(config)):
        say(f"With {wanted} the runs go one after another in this process, as with hydra/launcher=basic.")
    elif engine:
        with engine:
            engine.start(sweep.target)
            for _ in sweep.run(engine, config.max_failures):
                pass
        return []
    if config.max_failures is not None:
        say("max_failures stops a sweep of the launcher seedbed alone; here every run is tried.")
    os.environ[TARGET_VARIABLE] = sweep.target.to_text()
    try:
        launched = [launcher.launch(words, initial_job_idx=number) for number, words in sweep.stretches]
    finally:
        del os.environ[TARGET_VARIABLE]
    return [done for part in launched for done in part]


def _find_trouble(returns: Sequence[Any]) -> str:
    """Return why a job failed without a record of its run."""
    for done in returns:
        try:
            with redirect_stderr(io.StringIO()):
                _ = done.return_value
        except Exception as error:
            if not getattr(error, "recorded", False):
                return clip(error)
    return ""
