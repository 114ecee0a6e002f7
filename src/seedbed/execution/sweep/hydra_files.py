"""What Hydra keeps of a job in its output folder, as text: dumped once, with places for what changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import uuid4

import yaml

# Not the safe ones: OmegaConf too writes a value of any kind that its configs hold.
try:
    from yaml import CDumper as Dumper
except ImportError:
    from yaml import Dumper  # type: ignore[assignment]

_WIDE = 1_000_000
_LIKE_ANOTHER_KIND = re.compile(
    r"[-+]?[\d._]+(e[-+]?\d+)?|[-+]?\.?(inf|nan|infinity)|0[box][\da-f_]+|y|n|yes|no|true|false|on|off", re.IGNORECASE
)


class _Block(Dumper):
    """Quotes a text that OmegaConf would read back as a number or a truth."""


class _Inline(Dumper):
    """Writes a value on one line that may stand anywhere in another document."""


def _quoted_where_needed(dumper: Any, text: str) -> Any:
    style = "'" if _LIKE_ANOTHER_KIND.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _quoted(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Block.add_representer(str, _quoted_where_needed)
_Inline.add_representer(str, _quoted)


def document(content: Any) -> str:
    """Return `content` as YAML that OmegaConf and PyYAML both read back as it was."""
    text: str = yaml.dump(content, Dumper=_Block, sort_keys=False, allow_unicode=True)
    return text


@lru_cache(1024)
def item(text: str) -> str:
    """Return one line of a list of texts, as `document` writes such a list."""
    return document([text])


def inline(value: Any) -> str:
    """Return `value` as YAML on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if type(value) in (bool, int) or type(value) is str and value.isascii() and value.isprintable():
        return json.dumps(value)  # the same, without a machine for all of YAML
    text: str = yaml.dump([value], Dumper=_Inline, default_flow_style=True, allow_unicode=True, width=_WIDE)
    return text.strip()[1:-1]


class Template:
    """A document in which the values at some paths are still open.

    Parameters
    ----------
    content : nested dicts, in which every path leads to a value.
    paths : of the open values.
    """

    def __init__(self, content: Mapping[str, Any], paths: Sequence[Sequence[str]]) -> None:
        marks = [f"open{uuid4().hex}" for _ in paths]
        for path, mark in zip(paths, marks, strict=True):
            content = with_value(content, path, mark)
        self._pieces = re.split(f"({'|'.join(marks)})", document(content)) if marks else [document(content)]
        self._open = [self._pieces.index(mark) for mark in marks]

    def __contains__(self, text: str) -> bool:
        return any(text in piece for piece in self._pieces)

    def text(self, values: Sequence[Any]) -> str:
        """Return the document with `values` at its paths."""
        pieces = list(self._pieces)
        for place, value in zip(self._open, values, strict=True):
            pieces[place] = inline(value)
        return "".join(pieces)


def leads(content: Any, path: Sequence[str]) -> bool:
    """Say whether a path leads through nested dicts to something."""
    for name in path:
        if not isinstance(content, Mapping) or name not in content:
            return False
        content = content[name]
    return True


def with_value(content: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return nested dicts that differ from `content` in one value, and share the rest with it."""
    name, *rest = path
    return {**content, name: with_value(content[name], rest, value) if rest else value}
