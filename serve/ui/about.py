"""The tab about the model: how good it is, how it was chosen, and where it comes from."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from serve.drawings.markup import render
from serve.model.card import Card, Score
from serve.model.source import ServedModel

_FIGURES = ("curve.png", "confusion_matrix.png")  # of the version's folder


def render_about(model: ServedModel) -> Markup:
    """Return everything that the card of `model` tells, and the figures beside it."""
    folder = model.folder / "page"
    return render(
        "about.html",
        lead=_summarize(model),
        scores=[(score, _interval(score)) for score in model.card.scores],
        facts=_list_facts(model.card),
        checks=model.card.checks,
        # In the page itself: nothing of the version's folder has an address of its own.
        figures={
            name: base64.b64encode((folder / name).read_bytes()).decode("ascii")
            for name in _FIGURES
            if (folder / name).is_file()
        },
        importance=_read_importance(folder / "importance.json", model.card),
        columns=len(model.card.columns),
    )


def _summarize(model: ServedModel) -> str:
    card = model.card
    name = f" of {card.model}" if card.model else ""
    version = f"Version {model.version}{name}" if model.version else f"A version{name}"
    marked = f", marked {_format_date(card.made)}" if card.made else ""
    basis = f" {card.basis[0].upper()}{card.basis[1:].rstrip('.')}." if card.basis else ""
    return f"{version}{marked}.{basis}"


def _interval(score: Score) -> dict[str, float] | None:
    """Return the ends of a share's interval, to be drawn on a line from 0 to 1; None for other numbers."""
    if score.value is None:
        return None
    low, high = (score.value if end is None else end for end in (score.low, score.high))
    return {"low": low, "high": high} if all(0 <= number <= 1 for number in (score.value, low, high)) else None


def _list_facts(card: Card) -> dict[str, str]:
    facts = {
        **_shorten_keys({key: value for key, value in card.candidate.items() if value != card.digest}),
        "chosen by": card.rule,
        # The beginning of an id, by which every command finds it.
        "sweep": (card.sweep or "")[:12],
        "run": (card.run or "")[:12],
        "data digest": card.digest[:12],
        "commit": card.commit[:12],
        "marked before": _describe_previous(card),
    }
    return {name: str(value) for name, value in facts.items() if value}


def _shorten_keys(candidate: Mapping[str, str]) -> dict[str, str]:
    """Return the candidate by its last words, such as `n_neighbors`, if no other one ends so."""
    last = [key.removesuffix(".name").rsplit(".", 1)[-1] for key in candidate]
    return {
        end if last.count(end) == 1 else key: value for end, (key, value) in zip(last, candidate.items(), strict=True)
    }


def _describe_previous(card: Card) -> str:
    """Say which version was marked before, and what of its candidate differs from this one's."""
    if not card.previous:
        return ""
    version, params = f"version {card.previous.get('version')}", card.previous.get("candidate") or "{}"
    try:
        candidate = json.loads(params) if isinstance(params, str) else params  # promote writes it as JSON
    except json.JSONDecodeError:
        candidate = None
    if not isinstance(candidate, Mapping) or not candidate:
        return version
    other = {key: value for key, value in candidate.items() if card.candidate.get(key) != value}
    words = ", ".join(f"{key}={value}" for key, value in _shorten_keys(other).items())
    return f"{version} ({words or 'the same settings'})"


def _read_importance(path: Path, card: Card) -> list[dict[str, Any]] | None:
    """Return the features by how much accuracy is lost when one is shuffled, the largest loss first."""
    if not path.is_file():
        return None
    titles = {feature.name: feature.title for feature in card.features}
    items = [item for item in json.loads(path.read_text(encoding="utf-8")) if item.get("name") in titles]
    most = max((abs(item["mean"]) for item in items), default=0.0) or 1.0
    return [
        {"title": titles[item["name"]], "mean": item["mean"], "percent": 100 * max(item["mean"], 0) / most}
        for item in sorted(items, key=lambda item: -float(item["mean"]))
    ]


def _format_date(made: str) -> str:
    """Return a moment in words; text that is not one, or has no time zone, as it is."""
    try:
        moment = datetime.fromisoformat(made)
    except ValueError:
        return made
    return f"on {moment.astimezone(UTC):%d %B %Y at %H:%M} UTC" if moment.tzinfo else made
