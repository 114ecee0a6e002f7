"""Which model answers now: one value that is read once a request, and replaced whole when the mark moves."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from serve.model.source import ModelSource, ServedModel

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _State:
    model: ServedModel
    trouble: str = ""


class Current:
    """Holds the model that answers; whoever answers takes it once and keeps it to the end.

    Parameters
    ----------
    source : where models come from; its current one is loaded at once.
    """

    def __init__(self, source: ModelSource) -> None:
        self._source = source
        self._state = _State(source.load())
        self._refused = ""  # a version that was tried and cannot be served
        self._stop = threading.Event()

    @property
    def model(self) -> ServedModel:
        """The model that answers from here on."""
        return self._state.model

    @property
    def trouble(self) -> str:
        """Why the version that answers may not be the one that is marked; empty where it is."""
        return self._state.trouble

    def refresh(self) -> None:
        """Take the version that is marked now, if it is another one and can be served in this one's place."""
        serving = self._state.model
        try:
            version = self._source.version()
            if version == serving.version:
                return self._become(_State(serving))
            if version == self._refused:
                return None
            found = self._source.load()
        except Exception as error:  # whatever a store or a model raises, the page goes on
            return self._go_on(error)
        if found.card.columns != serving.card.columns:
            self._refused = found.version
            return self._go_on(f"version {found.version} is marked, but asks for other columns; start the page again")
        _LOG.warning("Version %s answers now, in place of version %s.", found.version, serving.version)
        return self._become(_State(found))

    def follow(self, seconds: float) -> None:
        """Refresh every so many seconds, in the background, until `close`."""
        threading.Thread(target=self._follow, args=(seconds,), name="seedbed-follow", daemon=True).start()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()

    def _follow(self, seconds: float) -> None:
        while not self._stop.wait(seconds):
            self.refresh()

    def _become(self, state: _State) -> None:
        self._refused = ""
        self._state = state

    def _go_on(self, reason: object) -> None:
        words = " ".join(str(reason).split()).rstrip(".")
        trouble = f"Still serving version {self._state.model.version}: {words}."
        if trouble != self._state.trouble:
            _LOG.warning(trouble)
        self._state = _State(self._state.model, trouble)
