"""The tab for a file of many rows."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from seedbed.errors import BadInput
from serve.drawings.markup import render
from serve.model.current import Current
from serve.model.predictions import Prediction, predict_rows
from serve.model.source import ServedModel
from serve.model.upload import Upload, format_download, read_upload

_KINDS = [".csv", ".tsv", ".txt", ".gz", ".zip", ".parquet"]
_MOST_TROUBLES = 20  # that are shown one by one


def add_batch_tab(current: Current, *, max_rows: int, max_file_mb: float) -> None:
    """Add the tab's components and what happens when a file comes, of which so much is taken at once."""
    columns = current.model.card.columns
    gr.HTML(render("batch_intro.html", columns=columns, max_rows=max_rows, max_file_mb=max_file_mb))
    file = gr.File(label="CSV or Parquet file", file_types=_KINDS, type="filepath", elem_id="seedbed-file")
    report = gr.HTML(elem_id="seedbed-batch")

    def predict_file(path: str | None, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008
        # The box for a file is empty again, so that the same one can come once more.
        return "" if path is None else _predict(current.model, Path(path), progress, max_rows, max_file_mb), None

    file.upload(
        predict_file, file, [report, file], concurrency_limit=2, show_progress_on=report, api_visibility="private"
    )


def _predict(model: ServedModel, path: Path, progress: gr.Progress, max_rows: int, max_file_mb: float) -> Markup:
    try:
        data = _take(path, max_file_mb)
        upload = read_upload(data, model.card, max_rows=max_rows, max_bytes=int(max_file_mb * 2**20))
        progress(0.0, desc="Predicting")
        predictions = predict_rows(model, upload.rows, lambda share: progress(share, desc="Predicting"))
    except BadInput as trouble:
        return render("status.html", role="alert", sentence=str(trouble))
    return render_batch(model, upload, predictions, path.name)


def _take(path: Path, max_file_mb: float) -> bytes:
    """Return what was uploaded and remove it."""
    try:
        if path.stat().st_size > max_file_mb * 2**20:
            raise BadInput(f"The file is larger than {max_file_mb:g} MB, the most that is taken.")
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def render_batch(model: ServedModel, upload: Upload, predictions: list[Prediction | None], name: str) -> Markup:
    """Return what came of a file: how many rows of each class, what could not be read, and the file to take away."""
    counts = Counter(found.predicted for found in predictions if found is not None)
    return render(
        "batch.html",
        name=name,
        rows=len(predictions),
        predicted=counts.total(),
        counts={label: counts[label] for label in model.card.classes if counts[label]},
        download=base64.b64encode(format_download(model, upload, predictions).encode("utf-8-sig")).decode("ascii"),
        troubles=upload.troubles,
        most=_MOST_TROUBLES,
    )
