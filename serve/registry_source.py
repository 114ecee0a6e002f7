"""The source that is a model registry: the version that the alias `best` marks."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from seedbed.errors import NotDone
from seedbed.registry import Version, open_registry
from serve.source import FolderSource, ServedModel


class RegistrySource:
    """Gives the version of one registered model that is marked best, downloaded; then it is a folder.

    Parameters
    ----------
    name : of the registered model.
    uri : of the store; None means the repo's own.
    folder : into which versions are downloaded, each into a folder of its own.
    """

    def __init__(self, name: str, uri: str | None, folder: Path) -> None:
        self._name = name
        self._registry = open_registry(uri)
        self._folder = folder

    def version(self) -> str:
        """Return the number of the version that is marked best.

        Raises
        ------
        NotDone : where none is, or the store does not answer.
        """
        return self._best().version

    def load(self) -> ServedModel:
        """Return the version that is marked best, loaded.

        Raises
        ------
        NotDone : where none is, or the store does not answer.
        ModelUnusable : where it cannot be served.
        """
        best = self._best()
        to = Path(tempfile.mkdtemp(prefix=f"v{best.version}-", dir=self._folder))
        try:
            return FolderSource(self._registry.download(best, to), best.version).load()
        except BaseException:
            # Whoever follows the mark asks again every few seconds: what cannot be served is not kept each time.
            shutil.rmtree(to, ignore_errors=True)
            raise

    def _best(self) -> Version:
        best = self._registry.best(self._name)
        if best is None:
            raise NotDone(f"No version of {self._name} is marked best yet; `python experiments/promote.py` marks one.")
        return best
