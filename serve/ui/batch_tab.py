"""The tab for a file of many rows."""

from __future__ import annotations

import base64
from collections import Counter
from html import escape
from pathlib import Path

import gradio as gr

from serve.model.batch_predictions import Prediction, download, predict_upload
from serve.model.current import Current
from serve.model.source import ServedModel
from serve.model.upload import BadUpload, Upload, read_upload

_SHOWN = 20  # troubles that are told one by one


def add_batch_tab(current: Current, *, max_rows: int, max_file_mb: float) -> None:
    """Add the tab's components and what happens when a file comes.

    Parameters
    ----------
    current : the model that answers.
    max_rows, max_file_mb : how much is taken at once.
    """
    columns = ", ".join(current.model.card.columns)
    gr.HTML(
        f'<p class="seedbed-lead">A CSV file with the columns {escape(columns)}; others are kept. Up to {max_rows:,} '
        f"rows and {max_file_mb:g} MB; the file is not kept.</p>"
    )
    file = gr.File(label="CSV file", file_types=[".csv", ".tsv", ".txt"], type="filepath", elem_id="seedbed-file")
    told = gr.HTML(elem_id="seedbed-batch")

    def uploaded(path: str | None, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008
        # The place for a file is empty again, so that the same one can come once more.
        answered = "" if path is None else _answered(current.model, Path(path), progress, max_rows, max_file_mb)
        return answered, None

    file.upload(uploaded, file, [told, file], concurrency_limit=2, show_progress_on=told, api_visibility="private")


def _answered(model: ServedModel, path: Path, progress: gr.Progress, max_rows: int, max_file_mb: float) -> str:
    try:
        data = _taken(path, max_file_mb)
        upload = read_upload(data, model.card, max_rows=max_rows)
    except BadUpload as trouble:
        return f'<p class="seedbed-status" role="alert">{escape(str(trouble))}</p>'
    progress(0.0, desc="Predicting")
    predictions = predict_upload(model, upload, lambda share: progress(share, desc="Predicting"))
    return report_html(model, upload, predictions, path.name)


def _taken(path: Path, max_file_mb: float) -> bytes:
    """Return what was uploaded and remove it."""
    try:
        if path.stat().st_size > max_file_mb * 2**20:
            raise BadUpload(f"The file is larger than {max_file_mb:g} MB, the most that is taken.")
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def report_html(model: ServedModel, upload: Upload, predictions: list[Prediction | None], name: str) -> str:
    """Return what came of a file: how many rows of each class, what could not be read, and the file to take away."""
    counts = Counter(found.predicted for found in predictions if found is not None)
    done, rows = sum(counts.values()), len(predictions)
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{counts[name]}</td></tr>'
        for name in model.card.classes
        if counts[name]
    )
    table = (
        '<div class="seedbed-table"><table><thead><tr><th scope="col">Predicted</th><th scope="col">Rows</th></tr>'
        f"</thead><tbody>{lines}</tbody></table></div>"
    )
    found = table + _link(download(model, upload, predictions)) if done else ""
    return (
        f'<section class="seedbed-batch" role="status"><h2>{done} of {rows} rows of {escape(name)} predicted</h2>'
        f"{found}{_troubles(upload)}</section>"
    )


def _troubles(upload: Upload) -> str:
    if not upload.troubles:
        return ""
    items = "".join(f"<li>{escape(trouble)}</li>" for trouble in upload.troubles[:_SHOWN])
    rest = len(upload.troubles) - _SHOWN
    more = f"<li>And {rest} more.</li>" if rest > 0 else ""
    return f'<div class="seedbed-status"><p>Not read:</p><ul>{items}{more}</ul></div>'


def _link(text: str) -> str:
    """Return a link that holds the file itself: nothing of it stays on the server."""
    data = base64.b64encode(text.encode("utf-8-sig")).decode("ascii")
    return (
        f'<p><a class="seedbed-download" download="predictions.csv" href="data:text/csv;charset=utf-8;base64,{data}">'
        "Download the predictions as CSV</a></p>"
    )
