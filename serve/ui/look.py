"""How the page looks: gradio's theme with fonts that every machine has; its style sheet and script lie beside it."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

CSS = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")  # what an open page does by itself

# Gradio's own themes ask fonts.googleapis.com; these names are looked for on the reader's machine alone.
_FONTS = ("Inter", "Segoe UI", "Roboto", "Helvetica Neue", "Liberation Sans", "Arial", "sans-serif")
_MONO = ("Consolas", "Menlo", "DejaVu Sans Mono", "monospace")


def theme() -> gr.themes.Base:
    """Return the page's theme."""
    return gr.themes.Base(
        primary_hue="violet",
        secondary_hue="indigo",
        neutral_hue="slate",
        radius_size="lg",
        font=[gr.themes.Font(name) for name in _FONTS],
        font_mono=[gr.themes.Font(name) for name in _MONO],
    )
