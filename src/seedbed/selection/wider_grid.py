"""A wider grid, as a command: for a choice at the end of the one that was swept."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from seedbed.config.overrides import format_values
from seedbed.config.schema import SWITCHES
from seedbed.records.records import SweepRecord
from seedbed.selection.choice import Choice

_COMMAND = "python experiments/train.py -m"
_APART = {*SWITCHES, "output"}  # no part of the grid


def wider_command(sweep: SweepRecord, choice: Choice) -> str | None:
    """Return the sweep's command with a wider grid, on one line and quoted for a shell.

    None where the choice is not at an end of the grid, or nothing lies beyond.
    """
    wider = {edge.axis.key: edge.override for edge in choice.edges if edge.override}
    if not wider:
        return None
    words = {key: _joined(list(values)) for key, values in sweep.words.items() if key not in _APART}
    return " ".join([_COMMAND, *(shlex.quote(word) for word in ({**words, **wider}).values())])


def _joined(words: Sequence[str]) -> str:
    """Return the words of one key as the one word that makes them all."""
    key, _, first = words[0].partition("=")
    if len(words) == 1:
        return words[0]
    values = [first, *(word.partition("=")[2] for word in words[1:])]
    whole = all(value.lstrip("-").isdecimal() for value in values)
    return f"{key}={format_values([int(value) for value in values]) if whole else ','.join(values)}"


def ends_of(choice: Choice) -> list[Mapping[str, object]]:
    """Return at which ends of the grid a choice is, as values for JSON."""
    return [
        {
            "parameter": edge.axis.key,
            "side": edge.side,
            "parameter_ends_there": edge.own_bound,
            "wider": edge.override,
        }
        for edge in choice.edges
    ]
