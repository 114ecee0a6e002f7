"""The house style of every figure: fonts, colours, and the settings that no matplotlibrc may change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import numpy.typing as npt
from matplotlib import font_manager, style
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb

from seedbed.data.arrays import Floats, Mask

DPI = 100
PAPER = "#ffffff"
INK = "#1d2129"
ON_PALE, ON_DARK = "#000000", "#ffffff"  # numbers on the heat: only black keeps 4.5:1 on each of its pale colours
MUTED = "#626976"  # 4.5:1 or better on paper and on the palest heat
RULE = "#d9dde5"
HATCH = "#a9afbb"

# Lightness falls all the way, so that a grey print keeps the order.
HEAT = LinearSegmentedColormap.from_list("seedbed", ["#f4f5fb", "#cfd6ee", "#9aa8da", "#6371bd", "#423a94", "#2a1663"])
# The same for values above 0, and another hue for those below.
SIGNS = LinearSegmentedColormap.from_list(
    "seedbed-signs",
    ["#6b2f05", "#a85a17", "#d48f4e", "#ecc79d", "#f4f5fb", "#cfd6ee", "#9aa8da", "#6371bd", "#423a94", "#2a1663"],
)

# Fonts with Chinese, Japanese and Korean letters, taken when the machine has them.
_WIDE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Yu Gothic",
    "Malgun Gothic",
    "Arial Unicode MS",
)


@cache
def list_fonts() -> tuple[str, ...]:
    """Return the fonts of a text in order of preference; only installed ones, as Matplotlib logs each missing one."""
    installed = set(font_manager.get_font_names())
    return ("DejaVu Sans", *(name for name in _WIDE_FONTS if name in installed))


@cache
def list_letters() -> frozenset[int]:
    """Return the code points for which a font of the house has a glyph."""
    paths = [font_manager.findfont(font_manager.FontProperties(family=[name])) for name in list_fonts()]
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())


@contextmanager
def use_house_style() -> Iterator[None]:
    """Draw with Matplotlib's defaults and the house's settings, whatever the user's matplotlibrc says."""
    settings = {
        "font.family": list(list_fonts()),
        "text.parse_math": False,  # a class named "$x^2$" is a name
        "text.color": INK,
        "axes.titlecolor": INK,
        "axes.labelcolor": MUTED,
        "axes.edgecolor": RULE,
        "axes.linewidth": 0.8,
        "xtick.color": RULE,
        "ytick.color": RULE,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "grid.color": RULE,
        "grid.linewidth": 0.6,
        "figure.facecolor": PAPER,
        "figure.dpi": DPI,
    }
    with style.context(["default", settings]):
        yield


def points(pixels: float) -> float:
    """Return a length in points (1/72 inch, the unit of fonts and lines)."""
    return pixels * 72 / DPI


def find_label_step(pitch: float) -> int:
    """Return how many labels to go on by, so that labels `pitch` pixels apart do not touch."""
    return max(1, -int(-12 // pitch))


def compute_luminance(colours: npt.ArrayLike) -> Floats:
    """Return relative luminance, 0 to 1 (WCAG 2.1), of red, green and blue from 0 to 1: an array of shape (..., 3)."""
    parts = np.asarray(colours, dtype=np.float64)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light: Floats = linear @ np.array([0.2126, 0.7152, 0.0722])
    return light


def dark_reads_better(colours: npt.ArrayLike) -> Mask:
    """Say of colours of shape (..., 3), 0 to 1, where dark ink has more contrast than white (either way 4.5:1)."""
    light = compute_luminance(colours) + 0.05
    dark: Mask = light / (compute_luminance(to_rgb(ON_PALE)) + 0.05) >= 1.05 / light
    return dark


def pick_inks(shares: npt.ArrayLike, colours: Colormap = HEAT) -> npt.NDArray[np.str_]:
    """Return the ink of a number on each of the colours, an array of the same shape as `shares`, 0 to 1."""
    return np.where(dark_reads_better(colours(np.asarray(shares))[..., :3]), ON_PALE, ON_DARK)
