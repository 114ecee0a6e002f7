"""What the page tells about its model: how good it is, how it was chosen, and where it comes from."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from serve.model.card import Card, Score
from serve.model.source import ServedModel

_FIGURES = {
    "curve.png": (
        "How the choice was made",
        "The scores of the candidates with their intervals, and the one that was chosen",
    ),
    "confusion_matrix.png": (
        "Which class is taken for which",
        "Confusion matrix: true classes by rows, predictions by columns",
    ),
}


def about_html(model: ServedModel) -> str:
    """Return everything that the card of `model` tells, and the figures beside it."""
    card = model.card
    scores = "".join(_score(score) for score in card.scores)
    parts = [
        f'<section class="seedbed-about"><h2>About this model</h2><p class="seedbed-lead">{escape(_lead(model))}</p>',
        f'<ul class="seedbed-scores">{scores}</ul>' if scores else "",
        f"<h3>Where it comes from</h3>{_facts(card)}",
        '<div class="seedbed-figures">',
        *(_figure(model.folder / "page" / name, *words) for name, words in _FIGURES.items()),
        _importance(model),
        "</div></section>",
    ]
    return "".join(parts)


def _lead(model: ServedModel) -> str:
    card = model.card
    name = f" of {card.model}" if card.model else ""
    version = f"Version {model.version}{name}" if model.version else f"A version{name}"
    marked = f", marked {_date(card.made)}" if card.made else ""
    basis = f" {card.basis[0].upper()}{card.basis[1:].rstrip('.')}." if card.basis else ""
    return f"{version}{marked}.{basis}"


def _score(score: Score) -> str:
    return (
        f'<li><span class="seedbed-score-label">{escape(score.label)}</span>'
        f'<span class="seedbed-score-text">{escape(score.text)}</span>{_interval(score)}</li>'
    )


def _interval(score: Score) -> str:
    """Draw a share and its interval on a line from 0 to 1; nothing for other numbers."""
    numbers = [score.value, score.low, score.high]
    if score.value is None or any(number is not None and not 0 <= number <= 1 for number in numbers):
        return ""
    low, high = (score.value if end is None else end for end in (score.low, score.high))
    return (
        '<svg viewBox="0 0 200 14" preserveAspectRatio="none" class="seedbed-interval" aria-hidden="true">'
        '<path d="M0,7H200" class="seedbed-interval-all"/>'
        f'<path d="M{200 * low:.1f},7H{200 * high:.1f}" class="seedbed-interval-range"/>'
        f'<path d="M{200 * score.value:.1f},1v12" class="seedbed-interval-value"/></svg>'
    )


def _facts(card: Card) -> str:
    candidate = {key: value for key, value in card.candidate.items() if value != card.digest}
    facts = {**_shortened(candidate), "chosen by": card.rule, "sweep": _short(card.sweep), "run": _short(card.run)}
    facts |= {
        "data digest": _short(card.digest),
        "commit": _short(card.commit),
        "marked before": _previous(card),
    }
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>" for name, value in facts.items() if value
    )
    return f'<dl class="seedbed-facts">{rows}</dl>' if rows else "<p>Nothing is recorded of it.</p>"


def _short(name: str | None) -> str:
    """Return the beginning of an id, by which every verb finds it."""
    return (name or "")[:12]


def _shortened(candidate: Mapping[str, str]) -> dict[str, str]:
    """Return the candidate by its last words, as `n_neighbors`, where no other one ends so."""
    last = [key.removesuffix(".name").rsplit(".", 1)[-1] for key in candidate]
    return {
        end if last.count(end) == 1 else key: value for end, (key, value) in zip(last, candidate.items(), strict=True)
    }


def _previous(card: Card) -> str:
    """Say which version was marked before, and what of its candidate was another than this one's."""
    if not card.previous:
        return ""
    version, told = f"version {card.previous.get('version')}", card.previous.get("candidate") or "{}"
    candidate = _candidate_in(told)
    if not candidate:
        return version
    other = {key: value for key, value in candidate.items() if card.candidate.get(key) != value}
    words = ", ".join(f"{key}={value}" for key, value in _shortened(other).items())
    return f"{version} ({words or 'the same settings'})"


def _candidate_in(told: str | Mapping[str, str]) -> Mapping[str, str]:
    """Return the params of a candidate; promote writes them as JSON."""
    try:
        found = json.loads(told) if isinstance(told, str) else told
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _figure(path: Path, title: str, words: str) -> str:
    """Return a picture of the version's folder inside the page: nothing of that folder has an address of its own."""
    if not path.is_file():
        return ""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    image = f'<img src="data:image/png;base64,{data}" alt="{words}">'
    return f'<figure class="seedbed-{path.stem}"><h3>{title}</h3>{image}</figure>'


def _importance(model: ServedModel) -> str:
    """Return the features by how much accuracy is lost when one is shuffled."""
    path = model.folder / "page" / "importance.json"
    if not path.is_file():
        return ""
    titles = {feature.name: feature.title for feature in model.card.features}
    told = [item for item in json.loads(path.read_text(encoding="utf-8")) if item.get("name") in titles]
    most = max((abs(item["mean"]) for item in told), default=0.0) or 1.0
    bars = "".join(
        f"<li><span>{escape(titles[item['name']])}</span><span>{item['mean']:.3f}</span>"
        f'<span class="seedbed-track" aria-hidden="true"><span style="width:{100 * max(item["mean"], 0) / most:.1f}%">'
        "</span></span></li>"
        for item in sorted(told, key=lambda item: -float(item["mean"]))
    )
    return (
        "<figure><h3>What it looks at</h3><p>Accuracy that is lost when one measurement is shuffled.</p>"
        f'<ul class="seedbed-importance">{bars}</ul></figure>'
    )


def _date(made: str) -> str:
    """Return a moment in words; what is none, or of no time zone, as it is."""
    try:
        moment = datetime.fromisoformat(made)
    except ValueError:
        return made
    return f"on {moment.astimezone(UTC):%d %B %Y at %H:%M} UTC" if moment.tzinfo else made
