"""An answer in words and HTML; every name in it comes from a table and is escaped."""

from __future__ import annotations

from html import escape

from serve.drawings.paint import PALETTES
from serve.model.answering import Answer
from serve.model.card import Card

_FAR = "Unlike any seen: it lies farther from its neighbours than any training row does from its own."


def verdict_html(card: Card, answer: Answer) -> str:
    """Return the predicted class, how sure that is, and what is unusual about the row."""
    bars = "".join(_bar(card, answer, name) for name in card.classes)
    return (
        f'<div class="seedbed-verdict"><p class="seedbed-eyebrow">Predicted {escape(card.target)}</p>'
        f'<p class="seedbed-class">{escape(answer.predicted)}</p><p class="seedbed-sure">{escape(sureness(answer))}</p>'
        f'<ul class="seedbed-bars" aria-label="Probability of each class">{bars}</ul>{_remarks(answer)}</div>'
    )


def trouble_html(sentence: str) -> str:
    """Return what cannot be answered, where the answer would stand."""
    return (
        '<div class="seedbed-verdict"><p class="seedbed-eyebrow">No prediction yet</p>'
        f'<p class="seedbed-trouble">{escape(sentence)}</p></div>'
    )


def sureness(answer: Answer) -> str:
    """Say how many neighbours agree, or how probable the class is; a tie is called one, and how it was decided."""
    share = answer.probabilities[answer.predicted]
    if answer.votes is None:
        text = f"with a probability of {percent(share)}"
    else:
        text = f"{answer.votes[answer.predicted]} of {sum(answer.votes.values())} nearest neighbours"
    if not answer.tied:
        return text
    return f"A tie between {_joined(answer.tied)} ({text} each), decided for the first in the order of their names."


def percent(share: float) -> str:
    """Return a share as whole per cent; what is not quite all or nothing is never shown as that."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return "<1 %" if share < 0.5 else ">99 %"
    return f"{100 * share:.0f} %"


def remarks(card: Card, answer: Answer) -> list[str]:
    """Return what is unusual about an answer, one sentence each."""
    labels = {feature.name: feature.label or feature.name for feature in card.features}
    told = [f"{labels[name]}: {note}" for name, note in answer.notes.items()]
    if answer.tied:
        told.append(sureness(answer))
    return [*told, _FAR] if answer.neighbors is not None and answer.neighbors.far else told


def _bar(card: Card, answer: Answer, name: str) -> str:
    share = answer.probabilities[name]
    palette = PALETTES[card.classes.index(name) % len(PALETTES)]
    votes = (
        ""
        if answer.votes is None
        else f' <span class="seedbed-votes">{answer.votes[name]} of {sum(answer.votes.values())}</span>'
    )
    return (
        f'<li><span class="seedbed-name">{escape(name)}</span>'
        f'<span class="seedbed-share">{percent(share)}{votes}</span>'
        f'<span class="seedbed-track" aria-hidden="true"><span style="width:{100 * share:.1f}%;'
        f'background:linear-gradient(90deg,{palette.body},{palette.edge})"></span></span></li>'
    )


def _remarks(answer: Answer) -> str:
    if answer.neighbors is None or not answer.neighbors.far:
        return ""
    return f'<p class="seedbed-far">{_FAR}</p>'


def _joined(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
