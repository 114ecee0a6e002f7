"""Conducts a sweep of Seedbed's own between Hydra's launcher and the parent run."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf

from seedbed.config.schema import SWITCHES
from seedbed.errors import SeedbedError, clip, join_or
from seedbed.execution.engines import local
from seedbed.execution.sweep.composer import Composer
from seedbed.execution.sweep.grid import Grid, check_axes, parse_grid, recall_grid, text_of
from seedbed.execution.sweep.messages import Outlook, Recorded, Wanted
from seedbed.execution.sweep.preflight import check_whole, needs_hydra
from seedbed.execution.sweep.progress import say
from seedbed.execution.sweep.sweep import RunsFailed, Sweep
from seedbed.tracking.uris import resolve_uri


def conduct(
    loader: ConfigLoader, config: DictConfig, launcher: Launcher, default: Sequence[str], typed: Sequence[str]
) -> Sequence[Any]:
    """Check, begin, launch and finish a sweep; print its end.

    Parameters
    ----------
    default, typed : the words of the default grid and of the person; a typed key replaces that key.

    Raises
    ------
    SeedbedError : a cell that cannot run, a store that is away, runs that failed.
    KeyboardInterrupt : after the runs so far were closed.
    """
    parser = OverridesParser.create(config_loader=loader)
    grid = parse_grid(parser, typed)
    check_axes(grid)
    check_whole(config, launcher)
    recorded = _recall(grid) if config.resume is not None else None
    base = recall_grid(parser, recorded.words) if recorded else parse_grid(parser, default)
    chosen = {key: axis for key, axis in grid.axes.items() if key not in SWITCHES}
    wanted = _compose(loader, config, Grid({**base.axes, **chosen}), base, recorded)
    if config.dry_run:
        outlook: Outlook = local.call("look", wanted)
        print(json.dumps(asdict(outlook), indent=1) if config.output == "json" else outlook_in_words(outlook, launcher))
        return []
    sweep = Sweep.begin(wanted)

    def launch() -> Sequence[Any]:
        note(config, Path(wanted.folder))
        return _launch(sweep, launcher, config)

    return [conducted(launch, lambda: sweep)]


def conducted(launch: Callable[[], Sequence[Any]], opened: Callable[[], Sweep | None]) -> Sequence[Any]:
    """Launch a sweep's jobs, close it however that ends, and print its end.

    Parameters
    ----------
    opened : returns the sweep, None where it was not opened yet.
    """
    try:
        returns = launch()
    except KeyboardInterrupt:
        _end_loky()
        if sweep := opened():
            _stop(sweep, "KILLED")
            say(f"The runs so far are kept; {sweep.how_to_go_on()}")
        raise
    except BaseException:
        if sweep := opened():
            _stop(sweep, "FAILED")
        raise
    sweep = opened()
    if sweep is None:
        return returns
    try:
        print(sweep.finish(trouble=_trouble(returns)))
    except RunsFailed as error:
        print(error.words)
        raise
    return returns


def note(config: DictConfig, folder: Path) -> None:
    """Keep the sweep's own config in its folder, as Hydra's sweepers do."""
    folder.mkdir(parents=True, exist_ok=True)
    OmegaConf.save(config, folder / "multirun.yaml")


def _recall(typed: Grid) -> Recorded:
    recorded: Recorded = local.call(
        "recall", resolve_uri(_text(typed, "tracking.uri"), Path.cwd()), _text(typed, "resume")
    )
    return recorded


def _text(typed: Grid, key: str) -> str | None:
    """Return a key's one value as it was typed: an id may look like a number."""
    (word,) = typed.axes.get(key, (None,))
    if word is None:
        return None
    value = word.value()
    return value if isinstance(value, str) else text_of(word).partition("=")[2]


def _compose(loader: ConfigLoader, config: DictConfig, grid: Grid, base: Grid, recorded: Recorded | None) -> Wanted:
    folder, typed_in, first = str(config.hydra.sweep.dir), str(Path.cwd()), 0
    if recorded is not None:
        folder, typed_in = recorded.folder, recorded.typed_in
        # The same grid keeps its numbers; a wider one numbers on from where the old one ended.
        first = 0 if grid.makes_the_runs_of(base) else recorded.jobs
        _use_folder(config, folder)
    jobs = Composer(loader, config).compose_jobs(first, grid.jobs, Path(typed_in))
    return Wanted(jobs, grid.words, folder, typed_in, recorded, config.force)


def _use_folder(config: DictConfig, folder: str) -> None:
    """Let a resumed sweep's jobs go on in the folder of its first start."""
    escaped = folder.replace("\\", "\\\\").replace("'", "\\'")
    OmegaConf.set_readonly(config, False)
    config.hydra.overrides.hydra.append(f"hydra.sweep.dir='{escaped}'")


def _launch(sweep: Sweep, launcher: Launcher, config: DictConfig) -> Sequence[Any]:
    if hasattr(launcher, "take") and not _hydras_own(config):
        launcher.take(sweep, config.max_failures)
        return launcher.launch([list(job.words) for job in sweep.jobs], initial_job_idx=0)
    if config.max_failures is not None:
        say("max_failures stops a sweep of the launcher seedbed alone; here every run is tried.")
    with sweep.announced():
        launched = [launcher.launch(words, initial_job_idx=number) for number, words in sweep.stretches]
    return [done for part in launched for done in part]


def _hydras_own(config: DictConfig) -> bool:
    """Say whether the jobs need what only Hydra's own way of running them gives."""
    if wanted := needs_hydra(config):
        say(f"With {join_or(wanted)} the runs go one after another in this process, as with hydra/launcher=basic.")
    return bool(wanted)


def _trouble(returns: Sequence[Any]) -> str:
    """Return why a job failed without a record of its run."""
    for done in returns:
        try:
            with redirect_stderr(io.StringIO()):
                _ = done.return_value
        except Exception as error:
            if not getattr(error, "recorded", False):
                return clip(error)
    return ""


def _end_loky() -> None:
    """End the processes of joblib's launcher, which otherwise finish what they hold and wait for more."""
    if loky := sys.modules.get("joblib.externals.loky"):
        loky.get_reusable_executor().shutdown(wait=False, kill_workers=True)


def _stop(sweep: Sweep, status: str) -> None:
    try:
        sweep.finish(status)
    except SeedbedError:
        # What stopped the sweep is what there is to say; where the store is away, resume closes its runs.
        return


def outlook_in_words(outlook: Outlook, launcher: Launcher) -> str:
    """Say what a sweep would do."""
    workers = local.workers_of(getattr(launcher, "n_jobs", None))
    seconds, megabytes = outlook.runs * outlook.seconds / workers, outlook.runs * outlook.megabytes
    return "\n".join(
        [
            f"{outlook.runs} run{'s' * (outlook.runs != 1)} to do, {outlook.done} done, {outlook.repeated} repeated; "
            "nothing was written.",
            f"First: {outlook.first}. Last: {outlook.last}.",
            f"One run takes {1000 * outlook.seconds:.0f} ms here before the store's own work, so about {seconds:.0f} s "
            f"or more with {workers} workers, and {megabytes:.0f} MB of files.",
            *([outlook.notice] if outlook.notice else []),
        ]
    )
