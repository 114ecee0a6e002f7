"""An iris seen from above, drawn to the scale of its four measurements, as SVG.

Three sepals (falls) hang outwards with their signal, three petals (standards) stand between them, three style arms
lie over the falls. Lengths and widths keep their proportions whatever is typed; only the zoom follows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from serve.drawings.paint import PALETTES, Palette, definitions, lit_from
from serve.drawings.shapes import Blade

SIZE = 480  # the picture's own coordinates, each way
_REACH = 212.0  # pixels from the centre to the longest tip
_USUAL = 7.9  # cm: a flower of this length fills the picture
_FALLS, _STANDARDS = (90, 210, 330), (30, 150, 270)  # degrees, clockwise from the right
_LEAVES = ((-80, 226), (-104, 178), (20, 224), (44, 178), (161, 226), (137, 180))  # degrees, pixels
_VEINS = (-0.82, -0.58, -0.3, 0.3, 0.58, 0.82)


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What is typed, in the table's unit; any finite numbers."""

    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


def draw_flower(measures: Measures, *, variety: str, position: int, unit: str = "cm", name: str = "flower") -> str:
    """Return the flower as one SVG element.

    Parameters
    ----------
    measures : the four lengths.
    variety : what it is called, for those who cannot see it.
    position : place of the variety among the classes, which gives its colours.
    unit : of the measurements; empty for none.
    name : a word that no other picture on the page uses, for the names inside the SVG.
    """
    palette = PALETTES[position % len(PALETTES)]
    sepal = _clamped(measures.sepal_length, measures.sepal_width)
    petal = _clamped(measures.petal_length, measures.petal_width)
    zoom = _zoom(max(sepal[0], petal[0]))
    falls = [_fall(sepal, zoom, turn) for turn in range(3)]
    standards = [_standard(petal, zoom, turn) for turn in range(3)]
    longest = max(falls[0].length, standards[0].length)
    title = f"{variety}: a flower with {_said(measures, unit)}"
    angles = (*_FALLS, *_STANDARDS)
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img" class="seedbed-picture" '
            f'aria-labelledby="{name}-title"><title id="{name}-title">{escape(title)}</title>',
            definitions(palette, name, falls[0].length, standards[0].length, angles),
            f'<rect width="{SIZE}" height="{SIZE}" rx="22" fill="url(#{name}-ground)"/>',
            f'<g transform="translate({SIZE / 2:g} {SIZE / 2 - 4:g})">',
            *(_leaf(angle, reach, name) for angle, reach in _LEAVES),
            *(_drawn(blade, angle, palette, name, "fall") for angle, blade in zip(_FALLS, falls, strict=True)),
            *(
                _drawn(blade, angle, palette, name, "standard")
                for angle, blade in zip(_STANDARDS, standards, strict=True)
            ),
            *(_style_arm(angle, min(longest, 2 * falls[0].length), falls[0].width, name) for angle in _FALLS),
            f'<circle r="{0.035 * min(longest, 3 * falls[0].length):.1f}" fill="url(#{name}-heart)"/></g>',
            _scale_bar(zoom, unit),
            "</svg>",
        ]
    )


def _zoom(longest: float) -> float:
    """Return pixels a unit: a small flower is brought nearer, a giant farther away; larger still looks larger."""
    return _REACH * min(max(longest / _USUAL, 0.88), 1.0) / longest


def _clamped(length: float, width: float) -> tuple[float, float]:
    length = min(max(abs(length), 0.05), 1e6)
    return length, min(max(abs(width), 0.12 * length), 1.15 * length)


def _fall(size: tuple[float, float], zoom: float, turn: int) -> Blade:
    return Blade(
        length=size[0] * zoom, width=size[1] * zoom, claw=0.34, belly=0.66, tip=0.62, ruffle=0.045,
        bend=(0.035, -0.03, 0.02)[turn], phase=0.31 * turn,
    )  # fmt: skip


def _standard(size: tuple[float, float], zoom: float, turn: int) -> Blade:
    return Blade(
        length=size[0] * zoom, width=size[1] * zoom, claw=0.3, belly=0.6, tip=0.82, ruffle=0.05,
        bend=(-0.04, 0.03, 0.045)[turn], phase=0.4 + 0.27 * turn,
    )  # fmt: skip


def _drawn(blade: Blade, angle: int, palette: Palette, name: str, kind: str) -> str:
    edge = f"{name}-{kind}{angle}"
    veins = "".join(blade.line(across, 0.1, 0.93 - 0.12 * across**2, 4) for across in _VEINS)
    sides = "".join(
        blade.branch(side * across, start, start + 0.3, side * 0.16)
        for side in (-1, 1)
        for across, start in ((0.12, 0.36), (0.12, 0.54), (0.4, 0.48), (0.66, 0.54))
    )
    thin = min(max(blade.width / 70, 0.35), 1.2)
    return (
        f'<g transform="rotate({angle})" filter="url(#{name}-shadow)">'
        f'<defs><path id="{edge}" d="{blade.outline()}"/></defs>'
        f'<use href="#{edge}" fill="url(#{name}-{kind})" stroke="{palette.halo}" stroke-opacity=".5"/>'
        f'<path d="{blade.line(0.0, 0.04, 0.86, 4)}" fill="none" stroke="{palette.throat}" stroke-linecap="round" '
        f'stroke-width="{thin * 9:.2f}" opacity=".13"/>'
        f'<g fill="none" stroke="{palette.vein}" stroke-linecap="round">'
        f'<path d="{veins}" stroke-width="{thin:.2f}" opacity=".36"/>'
        f'<path d="{sides}" stroke-width="{thin * 0.7:.2f}" opacity=".28"/></g>'
        f"{_signal(blade, palette, name) if kind == 'fall' else ''}"
        f'<path d="{blade.line(0.0, 0.06, 0.9, 4)}" fill="none" stroke="{palette.halo}" stroke-linecap="round" '
        f'stroke-width="{thin * 1.8:.2f}" opacity=".34"/>'
        f'<use href="#{edge}" fill="url(#{name}-light{lit_from(angle)})"/></g>'
    )


def _signal(blade: Blade, palette: Palette, name: str) -> str:
    """Draw the patch that shows insects the way: a halo, the signal in it, and dark dashes over both."""
    middle, long, wide = 0.42 * blade.length, 0.24 * blade.length, min(0.2 * blade.width, 0.13 * blade.length)
    dashes = "".join(
        blade.line(across, 0.2, 0.66 - 0.4 * abs(across), 4) for across in (-0.34, -0.2, -0.07, 0.07, 0.2, 0.34)
    )
    thin = min(max(blade.width / 46, 0.5), 1.7)
    return (
        f'<ellipse cx="{middle:.1f}" rx="{long:.1f}" ry="{wide:.1f}" fill="url(#{name}-halo)"/>'
        f'<ellipse cx="{0.86 * middle:.1f}" rx="{0.66 * long:.1f}" ry="{0.56 * wide:.1f}" fill="url(#{name}-signal)"/>'
        f'<path d="{dashes}" fill="none" stroke="{palette.vein}" stroke-width="{thin:.2f}" stroke-linecap="round" '
        f'opacity=".62"/>'
    )


def _style_arm(angle: float, longest: float, width: float, name: str) -> str:
    """Draw one of the three arms over the throat; it ends in two small crests."""
    length = 0.27 * longest
    arm = Blade(length=length, width=min(0.42 * length, 0.7 * width), claw=0.55, belly=0.62, tip=0.6, ruffle=0.04)
    crest = Blade(length=0.34 * length, width=0.2 * length, claw=0.5, tip=0.7)
    crests = "".join(
        f'<g transform="translate({0.86 * length:.1f} 0) rotate({turn})"><path d="'
        f'{crest.outline(8)}" fill="url(#{name}-arm)"/></g>'
        for turn in (-26, 26)
    )
    return (
        f'<g transform="rotate({angle:g})" filter="url(#{name}-shadow)">{crests}'
        f'<path d="{arm.outline(10)}" fill="url(#{name}-arm)"/>'
        f'<path d="{arm.line(0.0, 0.1, 0.92)}" fill="none" stroke="#fff" stroke-width="1.2" opacity=".45"/></g>'
    )


def _leaf(angle: float, reach: float, name: str) -> str:
    leaf = Blade(length=reach, width=reach / 6.6, claw=0.8, belly=0.4, tip=0.8, ruffle=0.0, bend=0.05)
    lines = "".join(leaf.line(across, 0.1, 0.95, 4) for across in (-0.5, 0.0, 0.5))
    return (
        f'<g transform="rotate({angle:g})"><path d="{leaf.outline(10)}" fill="url(#{name}-leaf)"/>'
        f'<path d="{lines}" fill="none" stroke="#fff" stroke-width=".8" opacity=".25"/></g>'
    )


def _scale_bar(zoom: float, unit: str) -> str:
    """Draw how long a round number of units is; the zoom is not the same for every flower."""
    span = 10.0 ** math.floor(math.log10(110 / zoom))
    span = next(span * step for step in (5, 2, 1) if span * step * zoom <= 110)
    right, foot = SIZE - 24, SIZE - 24
    return (
        '<g class="seedbed-scale" style="color:var(--seedbed-soft,#5b5670)">'
        f'<path d="M{right - span * zoom:.1f},{foot - 5}v5H{right}v-5" fill="none" stroke="currentColor" '
        f'stroke-width="1.6"/><text x="{right}" y="{foot - 10}" text-anchor="end" font-size="17" '
        f'font-family="inherit" fill="currentColor">{span:g} {escape(unit)}</text></g>'
    )


def _said(measures: Measures, unit: str) -> str:
    after = f" {unit}" if unit else ""
    return (
        f"sepals {measures.sepal_length:g} by {measures.sepal_width:g}{after} and "
        f"petals {measures.petal_length:g} by {measures.petal_width:g}{after}"
    )
