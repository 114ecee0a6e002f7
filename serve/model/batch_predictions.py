"""Many rows at once: their predictions, and a CSV of them to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from serve.model.answering import find_ties
from serve.model.source import ServedModel
from serve.model.upload import Upload

_CHUNK = 500  # rows that are predicted between two steps of the progress bar
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Progress = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the model says about one row."""

    predicted: str
    probabilities: dict[str, float]  # in the order of the card's classes
    tied: tuple[str, ...]  # classes that share the highest one, if more than one does


def predict_rows(
    model: ServedModel, rows: Sequence[Sequence[float]], progress: Progress = lambda share: None
) -> list[Prediction]:
    """Return one prediction a row.

    Parameters
    ----------
    model : that answers for all of them.
    rows : one number a column of its card.
    progress : is told the share that is done.
    """
    found: list[Prediction] = []
    order = [list(map(str, model.estimator.classes_)).index(name) for name in model.card.classes]
    for start in range(0, len(rows), _CHUNK):
        classes, shares = model.classify(model.rows(rows[start : start + _CHUNK]))
        found += [_prediction(model, name, row) for name, row in zip(classes, shares[:, order], strict=True)]
        progress(len(found) / len(rows))
    return found


def _prediction(model: ServedModel, name: object, shares: Iterable[float]) -> Prediction:
    probabilities = dict(zip(model.card.classes, map(float, shares), strict=True))
    return Prediction(predicted=str(name), probabilities=probabilities, tied=find_ties(probabilities))


def predict_upload(
    model: ServedModel, upload: Upload, progress: Progress = lambda share: None
) -> list[Prediction | None]:
    """Return one prediction a row of the file, None for the rows that cannot be read."""
    good = iter(predict_rows(model, [row for row in upload.numbers if row is not None], progress))
    return [None if row is None else next(good) for row in upload.numbers]


def download(model: ServedModel, upload: Upload, predictions: Sequence[Prediction | None]) -> str:
    """Return the file again as CSV with the predictions beside its own columns; unread rows are left empty there.

    A text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay as they are.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    header = [*upload.header, "prediction", *(f"probability {name}" for name in model.card.classes), "tie"]
    writer.writerow([harmless(name) for name in header])
    width = len(upload.header)
    for cells, found in zip(upload.cells, predictions, strict=True):
        own = [harmless(cell) for cell in [*cells, *[""] * width][:width]]
        writer.writerow([*own, *_told(model, found)])
    return text.getvalue()


def _told(model: ServedModel, found: Prediction | None) -> list[str]:
    if found is None:
        return [""] * (2 + len(model.card.classes))
    shares = [f"{share:.6g}" for share in found.probabilities.values()]
    return [harmless(found.predicted), *shares, harmless(" = ".join(found.tied))]


def harmless(cell: str) -> str:
    """Return a cell as a spreadsheet shows it without running it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) and not _number(cell) else cell


def _number(cell: str) -> bool:
    try:
        float(cell.strip().replace(",", "."))
    except ValueError:
        return False
    return True
