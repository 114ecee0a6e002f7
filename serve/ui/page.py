"""The page itself: its tabs and looks, and what follows when the version that answers becomes another one."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.components import Component

from serve.drawings.markup import render
from serve.drawings.pictures import read_gallery
from serve.http.api import add_endpoints
from serve.http.settings import Settings
from serve.model.current import Current
from serve.ui.about import render_about
from serve.ui.batch_tab import add_batch_tab
from serve.ui.predict_tab import QUIET, add_predict_tab

CSS = Path(__file__).with_name("page.css")
HEAD = Path(__file__).with_name("head.html")
_CACHED = 3600  # seconds after which gradio may forget a file that it made

# Gradio's own themes ask fonts.googleapis.com; these names are looked for on the reader's machine alone.
_FONTS = ("Inter", "Segoe UI", "Roboto", "Helvetica Neue", "Liberation Sans", "Arial", "sans-serif")
_MONO = ("Consolas", "Menlo", "DejaVu Sans Mono", "monospace")


def make_theme() -> gr.themes.Base:
    """Return the page's theme."""
    return gr.themes.Base(
        primary_hue="violet",
        secondary_hue="indigo",
        neutral_hue="slate",
        radius_size="lg",
        font=[gr.themes.Font(name) for name in _FONTS],
        font_mono=[gr.themes.Font(name) for name in _MONO],
    )


def build_page(current: Current, settings: Settings) -> gr.Blocks:
    """Return the page on the current model, which is read anew at each request; not yet launched."""
    card = current.model.card
    gallery = None if settings.pictures is None else read_gallery(Path(settings.pictures).expanduser())
    page = gr.Blocks(title=card.title, analytics_enabled=False, delete_cache=(_CACHED, _CACHED))
    with page:
        gr.HTML(render("header.html", card=card))
        version, status = _add_status(page, current, settings.poll_seconds)
        with gr.Tabs():
            with gr.Tab("Predict", id="predict"):
                add_predict_tab(page, current, version, gallery)
            with gr.Tab("Many rows", id="batch"):
                add_batch_tab(current, max_rows=settings.max_rows, max_file_mb=settings.max_file_mb)
            with gr.Tab("About this model", id="about") as tab:
                about = gr.HTML(elem_id="seedbed-about")
        gr.on(
            [tab.select, version.change],  # type: ignore[attr-defined]
            lambda: render_about(current.model),
            None,
            about,
            **QUIET,
        )
        add_endpoints(current, max_rows=settings.max_rows)
    return page


def _add_status(page: gr.Blocks, current: Current, poll_seconds: float) -> tuple[Component, Component]:
    """Return the version that an open page shows, and what is wrong; both follow the current model."""
    version = gr.Textbox(current.model.version, visible="hidden", label="Version", elem_id="seedbed-version")
    status = gr.HTML(_render_warning(current), elem_id="seedbed-status")

    def refresh(version: str, status: str) -> list[object]:
        # Nothing is sent, and nothing read out again, while nothing changes.
        now = [current.model.version, _render_warning(current)]
        return [gr.skip() if old == new else new for old, new in zip((version, status), now, strict=True)]

    gr.on([page.load, gr.Timer(poll_seconds).tick], refresh, [version, status], [version, status], **QUIET)
    return version, status


def _render_warning(current: Current) -> str:
    return render("status.html", role="status", sentence=current.trouble)
