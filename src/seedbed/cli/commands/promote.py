"""Mark the best: a sweep's chosen candidate, refitted on all rows; one run's own model; or an earlier version."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

from seedbed.config.candidate import format_params
from seedbed.config.naming import resolve_dataset_name
from seedbed.config.overrides import format_name_override
from seedbed.config.schema import Promote
from seedbed.errors import NotDone
from seedbed.promotion.card_scores import Score
from seedbed.promotion.proposal import Candidacy, of_run, of_sweep
from seedbed.promotion.registration import register
from seedbed.tracking.names import Kind
from seedbed.tracking.reader import find_run
from seedbed.tracking.registry import BY_VERSION, Registry, open_registry


@dataclass(frozen=True)
class Promoted:
    """What became of the mark `best`, and why, in words.

    `version` is the version that is marked now, None where nothing is; `moved` says whether it moved; `moves` is every
    move so far, where that was asked for.
    """

    name: str
    version: str | None
    moved: bool
    words: str
    output: str
    candidate: dict[str, str]
    scores: tuple[Score, ...] = ()
    moves: tuple[dict[str, Any], ...] | None = None

    def summary(self) -> str:
        """Return what was marked and how to see it, or the same as JSON."""
        if self.output == "json":
            return json.dumps(self._content(), indent=1, ensure_ascii=False)
        marked = f"Version {self.version} of {self.name} is marked best (models:/{self.name}@best)."
        lines = (
            [marked, f"Next: `python -m serve{format_name_override(self.name)}` opens its page."] if self.moved else []
        )
        return "\n".join([self.words, *lines])

    def _content(self) -> dict[str, Any]:
        scores = {score.kind: asdict(score) for score in self.scores}
        content = {"model": self.name, "version": self.version, "moved": self.moved, "candidate": self.candidate}
        moves = {} if self.moves is None else {"moves": self.moves}
        return {**content, **scores, **moves, "words": self.words}


def promote(config: Promote) -> Promoted:
    """Mark the best of a sweep, a run's own model, or a version; or show how the mark has moved.

    Raises
    ------
    NotDone : no finished sweep or run, an empty one, a table that changed since, no better than the dummy, or
        a marked version that cannot be compared.
    UnknownName : no such sweep, run or version.
    """
    registry = open_registry(config.tracking.uri)
    name = resolve_dataset_name(config.dataset)
    if config.history:
        return _history(config, registry, name)
    with nullcontext() if config.dry_run else registry.alone():
        return _asked(config, registry, name)


def _asked(config: Promote, registry: Registry, name: str) -> Promoted:
    if config.version is not None:
        return _version(config, registry, name, config.version)
    if config.run is not None:
        return _decided(config, registry, of_run(registry, find_run(registry.store, name, config.run)))
    found = find_run(registry.store, name, config.sweep, Kind.SWEEP)
    return _decided(config, registry, of_sweep(registry, found, config.selection, record=not config.dry_run))


def _decided(config: Promote, registry: Registry, candidacy: Candidacy) -> Promoted:
    best = registry.best(candidacy.name)
    now = best.version if best else None
    known = Promoted(
        name=candidacy.name,
        version=now,
        moved=False,
        words=candidacy.words,
        output=config.output,
        candidate=format_params(candidacy.origin.candidate),
        scores=tuple(candidacy.origin.scores),
    )
    refused = candidacy.no_better_than_dummy or candidacy.incomparable
    if refused and not config.force:
        raise NotDone(f"{refused} Nothing was marked; force=true marks it all the same.")
    if candidacy.contest is not None and not candidacy.contest.moves and not config.force:
        return replace(known, words=f"{candidacy.words} {candidacy.contest.words()} Version {now} stays marked best.")
    against = candidacy.contest.words() if candidacy.contest else candidacy.gone or candidacy.incomparable
    words = " ".join(filter(None, [candidacy.words, against]))
    if config.dry_run:
        return replace(known, words=f"{words} It would be marked best; nothing was written (dry_run).")
    version = register(registry, candidacy, forced=config.force)
    return replace(known, version=version.version, moved=True, words=words)


def _version(config: Promote, registry: Registry, name: str, number: int) -> Promoted:
    version = registry.version(name, number)
    best = registry.best(name)
    if not registry.has_files(version):
        raise NotDone(
            f"The files of version {number} of {name} are gone, so that no page could serve it; mark another."
        )
    if best is not None and best.version == version.version:
        words = f"Version {number} is marked best already; nothing changed."
        return Promoted(name, best.version, False, words, config.output, {})
    if config.dry_run:
        words = f"Version {number} would be marked best, in place of {best.version if best else 'none'}."
        return Promoted(name, best.version if best else None, False, words, config.output, {})
    registry.mark(version, "a person asked for this version", BY_VERSION)
    words = f"Version {number} was marked before and is again, by a person's word; the guard does not apply."
    if not any(move["to"] == version.version for move in registry.moves(name)[:-1]):
        words = f"Version {number} is marked by a person's word; the guard does not apply."
    return Promoted(name, version.version, True, words, config.output, format_params(registry.params_of(version) or {}))


def _history(config: Promote, registry: Registry, name: str) -> Promoted:
    moves = registry.moves(name)
    best = registry.best(name)
    words = "\n".join(map(_line, moves)) or f"The mark best of {name} has never moved."
    return Promoted(name, best.version if best else None, False, words, config.output, {}, moves=tuple(moves))


def _line(move: dict[str, Any]) -> str:
    when = move["when"][:19].replace("T", " ") or "at an unknown time"
    return f"{when}  {move['from'] or 'none'} to {move['to']}  {move['rule']}  {move['why']}"
