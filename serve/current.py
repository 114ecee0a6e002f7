"""Which model answers now: one value that is read once a request."""

from __future__ import annotations

from serve.source import ModelSource, ServedModel


class Current:
    """Holds the model that answers; whoever answers takes it once and keeps it to the end.

    Parameters
    ----------
    source : where models come from; its current one is loaded at once.
    """

    def __init__(self, source: ModelSource) -> None:
        self.source = source
        self.model: ServedModel = source.load()
