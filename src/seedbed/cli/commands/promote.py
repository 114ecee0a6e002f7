"""Move the alias best: to a sweep's chosen candidate, refitted on all rows; to a run's own model; to a version."""

from __future__ import annotations

import json
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seedbed.config.candidate import format_params
from seedbed.config.naming import format_command, resolve_dataset_name
from seedbed.config.schema import Promote
from seedbed.errors import BadInput, NotDone
from seedbed.estimators.loading import ForbiddenTypes
from seedbed.metrics.metric import find_metric
from seedbed.promotion.model_card import Score
from seedbed.promotion.proposal import Proposal, propose_run, propose_sweep, register
from seedbed.tracking import model_files
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import find_run
from seedbed.tracking.registry import BY_VERSION, Registry, Version, open_registry
from seedbed.tracking.store import lock_store
from seedbed.tracking.uris import announce_target, find_typed_uri


@dataclass(frozen=True, kw_only=True)
class Promoted:
    """What became of the alias best, and why, in words.

    `version` is the champion now, None if there is none; `moves` is every move so far, if that was asked for; `uri` is
    of the store, as a command has to be given it.
    """

    name: str
    version: str | None
    moved: bool = False
    words: str
    output: str
    candidate: dict[str, str]
    scores: tuple[Score, ...] = ()
    moves: tuple[dict[str, Any], ...] | None = None
    uri: str = ""

    def summary(self) -> str:
        """Return what was promoted and how to see it, or the same as JSON."""
        if self.output == "json":
            content = {"model": self.name, "version": self.version, "moved": self.moved, "candidate": self.candidate}
            scores = {score.kind: asdict(score) for score in self.scores}
            moves = {} if self.moves is None else {"moves": self.moves}
            return json.dumps({**content, **scores, **moves, "words": self.words}, indent=1, ensure_ascii=False)
        lines = [
            f"Version {self.version} of {self.name} is the champion now (models:/{self.name}@best).",
            f"Next: `{format_command('serve', name=self.name, uri=self.uri)}` opens its page.",
        ]
        return "\n".join([self.words, *(lines if self.moved else [])])


def promote(config: Promote) -> Promoted:
    """Promote the best candidate of a sweep, a run's own model, or a version; or list how the alias has moved.

    Raises
    ------
    NotDone : no finished sweep or run, an empty one, a table that changed since, no better than the dummy, or
        a champion that cannot be compared.
    UnknownName : no such sweep, run or version.
    """
    registry = open_registry(config.tracking.uri)
    name = resolve_dataset_name(config.dataset)
    if config.history:
        return _list_moves(config, registry, name)
    # One after another, so that what is compared with stays the champion.
    with nullcontext() if config.dry_run else lock_store(registry.store, "promoting"):
        if config.version is not None:
            return _promote_version(config, registry, registry.get_version(name, config.version))
        if config.run is not None:
            found = find_run(registry.store, name, config.run)
            for version in registry.list_versions(name):
                if version.tags.get(Tags.RUN) == found.run_id and registry.has_files(version):
                    return _promote_version(config, registry, version)
            return _decide(config, registry, propose_run(registry, found, config))
        if not find_metric(config.selection.metric).testable:
            time = config.selection.metric
            raise BadInput(f"selection.metric={time} varies with the machine's load; promote by accuracy, for example.")
        found = find_run(registry.store, name, config.sweep, Kind.SWEEP)
        with propose_sweep(registry, found, config) as proposal:
            return _decide(config, registry, proposal)


def _begin(config: Promote, registry: Registry, name: str) -> Promoted:
    """Return what is so before anything is done."""
    champion, uri = registry.get_champion(name), find_typed_uri(registry.store.uri)  # before MLflow notes this store
    version = champion.version if champion else None
    return Promoted(name=name, version=version, words="", output=config.output, candidate={}, uri=uri)


def _decide(config: Promote, registry: Registry, proposal: Proposal) -> Promoted:
    known, comparison = _begin(config, registry, proposal.name), proposal.comparison
    if proposal.objection and not config.force:
        raise NotDone(f"{proposal.objection} Nothing was promoted; force=true promotes it all the same.")
    words = " ".join(filter(None, [proposal.words, comparison.describe() if comparison else proposal.remark]))
    candidate, scores = format_params(proposal.origin.candidate), tuple(proposal.origin.scores)
    known = replace(known, words=words, candidate=candidate, scores=scores)
    if comparison and not comparison.challenger_wins and not config.force:
        return replace(known, words=f"{words} Version {known.version} stays the champion.")
    if config.dry_run:
        return replace(known, words=f"{words} It would become the champion; nothing was written (dry_run).")
    return replace(known, version=register(registry, proposal, forced=config.force).version, moved=True)


def _promote_version(config: Promote, registry: Registry, version: Version) -> Promoted:
    name, number = version.name, version.version
    if not registry.has_files(version):
        raise NotDone(f"The files of version {number} of {name} are gone, so no page could serve it; promote another.")
    announce_target(name, registry.store.uri)
    known = _begin(config, registry, name)
    if known.version == number:
        return replace(known, words=f"Version {number} is the champion already; nothing changed.")
    params = registry.read_params(version) or {}
    own = "estimator._target_" in params  # for a class of one's own the page asks for trust
    with TemporaryDirectory(prefix="seedbed-") as folder, suppress(ForbiddenTypes) if own else nullcontext():
        model_files.read(registry.download(version, Path(folder)))
    if config.dry_run:
        return replace(
            known, words=f"Version {number} would become the champion, in place of {known.version or 'none'}."
        )
    again = any(move["to"] == number for move in registry.list_moves(name))
    registry.move_alias(version, "this version was asked for", BY_VERSION)
    words = f"Version {number} was promoted{' again' if again else ''} by its number, without a comparison."
    return replace(known, version=number, moved=True, words=words, candidate=format_params(params))


def _list_moves(config: Promote, registry: Registry, name: str) -> Promoted:
    announce_target(name, registry.store.uri)
    moves = tuple(registry.list_moves(name))
    lines = (
        f"{move['when'][:19].replace('T', ' ') or 'at an unknown time'}  {move['from'] or 'none'} to {move['to']}  "
        f"{move['rule']}  {move['why']}"
        for move in moves
    )
    words = "\n".join(lines) or f"The alias best of {name} has never moved."
    return replace(_begin(config, registry, name), words=words, moves=moves)
