"""The parts of a report: one HTML file that asks for nothing, opens from disk and prints well."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from seedbed.reports.pictures import Picture
from seedbed.reports.tiles import Tile

_STYLE = Path(__file__).with_name("report.css")


def document(title: str, parts: Sequence[str]) -> str:
    """Return the whole file; of the parts, which are HTML, those that are empty are left out."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing is to be asked for, whatever a name in the table says.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def header(kind: str, title: str, of: str) -> str:
    """Return the beginning: what kind of report it is, its title, and what it is of."""
    return f'<header><p class="kind">{escape(kind)}</p><h1>{escape(title)}</h1><p class="of">{escape(of)}</p></header>'


def tile_row(tiles: Sequence[Tile]) -> str:
    """Return a row of numbers."""
    cells = [
        f'<div class="tile{" first" if tile.first else ""}"><div class="name">{escape(tile.name)}</div>'
        f'<div class="value{" long" if len(tile.value) > 12 else ""}">{escape(tile.value)}</div>'
        f'<div class="more">{escape(tile.more)}</div></div>'
        for tile in tiles
    ]
    return f'<div class="tiles">{"".join(cells)}</div>'


def picture_section(picture: Picture) -> str:
    """Return a section of one picture, which stands in the file itself."""
    data = base64.b64encode(picture.png).decode()
    return (
        f'<section class="picture"><h2>{escape(picture.title)}</h2><p>{escape(picture.words)}</p><figure>'
        f'<img width="{picture.width}" alt="{escape(picture.words)}" src="data:image/png;base64,{data}">'
        "</figure></section>"
    )


def wide_table(head: str, lines: Sequence[str]) -> str:
    """Return a table of head cells and lines, which are HTML."""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def folded_table(summary: str, head: str, lines: Sequence[str]) -> str:
    """Return a table that opens by a click; nothing without lines."""
    return f"<details><summary>{escape(summary)}</summary>{wide_table(head, lines)}</details>" if lines else ""


def definitions(title: str, content: Mapping[str, str]) -> str:
    """Return a section of names with what each is."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in content.items())
    return f"<section><h2>{escape(title)}</h2><dl>{items}</dl></section>"
