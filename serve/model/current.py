"""Which model answers now: one value that is read once a request, and replaced whole when the alias moves."""

from __future__ import annotations

import logging
import threading

from seedbed.errors import NotDone
from serve.model.source import ModelSource, ServedModel

_LOG = logging.getLogger(__name__)


class Current:
    """Holds the model that answers, at first the source's current one; an answer is one model's from first to last."""

    def __init__(self, source: ModelSource) -> None:
        self._source = source
        self._state = source.load(), ""
        self._refused = ""  # a version that was tried and cannot be served
        self._stop = threading.Event()

    @property
    def model(self) -> ServedModel:
        """The model that answers from here on."""
        return self._state[0]

    @property
    def trouble(self) -> str:
        """Why the version that answers may not be the one that is marked; empty if it is."""
        return self._state[1]

    def refresh(self) -> None:
        """Take the version that is marked now, if it is another one and can be served in this one's place."""
        serving, trouble = self._state
        try:
            version = self._source.version()
            if version == serving.version:
                self._refused, self._state = "", (serving, "")
            elif version != self._refused:
                self._replace(serving, self._source.load())
        except Exception as error:  # whatever a store or a model raises, the page goes on
            words = " ".join(str(error).split()).rstrip(".")
            self._state = serving, f"Still serving version {serving.version}: {words}."
            if self.trouble != trouble:
                _LOG.warning(self.trouble)

    def follow(self, seconds: float) -> None:
        """Refresh every so many seconds, in the background, until `close`."""

        def follow() -> None:
            while not self._stop.wait(seconds):
                self.refresh()

        threading.Thread(target=follow, name="seedbed-follow", daemon=True).start()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()

    def _replace(self, old: ServedModel, new: ServedModel) -> None:
        if new.card.columns != old.card.columns:
            self._refused = new.version
            raise NotDone(f"version {new.version} is marked, but asks for other columns; start the page again.")
        _LOG.warning("Version %s answers now, in place of version %s.", new.version, old.version)
        self._refused, self._state = "", (new, "")
