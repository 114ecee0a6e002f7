"""HTML and SVG from templates, which escape whatever a table or a person wrote."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

_SERVE = Path(__file__).parents[1]
_BREAK = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")


class _Compact(Extension):
    """Drops a template's indentation: every answer is sent to the browser as it stands."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return " ".join(_BREAK.sub("", source).split("\n"))


# A template is compiled once, the first time that it is rendered.
_ENVIRONMENT = Environment(
    loader=FileSystemLoader([_SERVE / "drawings" / "templates", _SERVE / "ui" / "templates"]),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    extensions=[_Compact],
)


def render(template: str, **values: object) -> Markup:
    """Return the markup of a template in `drawings/templates` or `ui/templates`, with every value escaped."""
    return Markup(_ENVIRONMENT.get_template(template).render(values))
