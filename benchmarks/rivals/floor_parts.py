"""What floor.py draws and counts."""

import io
import math

import numpy as np
import seaborn
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

SCORES = ("precision", "recall", "f1")


class HeatMap:
    """A confusion matrix drawn once; later only its cells and numbers, over the kept rest."""

    def __init__(self, classes) -> None:
        figure = Figure(figsize=(6.27, 4.76), dpi=100)
        self.canvas = FigureCanvasAgg(figure)
        self.axes = figure.add_subplot()
        zeros = np.zeros((len(classes),) * 2, dtype=int)
        options = {"vmin": 0, "vmax": 1, "xticklabels": classes, "yticklabels": classes}
        seaborn.heatmap(zeros.astype(float), annot=zeros, fmt="d", ax=self.axes, **options)
        self.axes.set(title="Confusion matrix", xlabel="Predicted", ylabel="True")
        self.mesh, self.texts = self.axes.collections[0], list(self.axes.texts)
        for artist in (self.mesh, *self.texts):
            artist.set_animated(True)
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(figure.bbox)
        self.drawn: dict[bytes, bytes] = {}

    def png(self, counts: np.ndarray) -> bytes:
        """Return the picture of one matrix."""
        key = counts.tobytes()
        if key not in self.drawn:
            self.drawn[key] = self.draw(counts)
        return self.drawn[key]

    def draw(self, counts: np.ndarray) -> bytes:
        """Draw cells and numbers over the background and encode it."""
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        self.canvas.restore_region(self.background)
        self.mesh.set_array(shares)
        self.axes.draw_artist(self.mesh)
        for text, count, share in zip(self.texts, counts.ravel(), shares.ravel(), strict=True):
            text.set(text=str(count), color="black" if share > 0.5 else "white")
            self.axes.draw_artist(text)
        content = io.BytesIO()
        Image.fromarray(np.asarray(self.canvas.buffer_rgba())[..., :3]).save(content, "png", compress_level=1)
        return content.getvalue()


def scores_of(counts: np.ndarray, classes: list[str], told: np.ndarray) -> tuple[dict, dict]:
    """Return the metrics and the report of a confusion matrix; `told` are the probabilities of the truth."""
    hits, true, taken = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    with np.errstate(invalid="ignore"):
        each = {"precision": hits / taken, "recall": hits / true, "f1": 2 * hits / (true + taken)}
    macro = {name: float(np.nan_to_num(values).mean()) for name, values in each.items()}
    eps = np.finfo(float).eps
    scores = {"accuracy": float(hits.sum() / counts.sum()), "balanced_accuracy": macro["recall"]}
    scores |= {f"macro_{name}": macro[name] for name in SCORES}
    scores["log_loss"] = float(-np.log(np.clip(told, eps, 1 - eps)).mean())
    scores |= {f"{kind}/{name}": float(each[kind][k]) for k, name in enumerate(classes) for kind in SCORES}
    lines = {
        name: {kind: None if math.isnan(value := float(each[kind][k])) else value for kind in SCORES}
        | {"support": int(true[k])}
        for k, name in enumerate(classes)
    }
    return scores, {**lines, "accuracy": scores["accuracy"], "macro avg": macro}


def config_of(params: dict[str, str]) -> str:
    """Return the params as nested YAML."""
    groups: dict[str, list[str]] = {}
    for key, value in params.items():
        group, _, name = key.partition(".")
        groups.setdefault(group, [f"{group}:"]).append(f"  {name}: {value}")
    return "\n".join(line for lines in groups.values() for line in lines) + "\n"
