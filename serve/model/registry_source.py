"""The source that is a model registry: the version that the alias `best` marks."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Collection
from pathlib import Path

from seedbed.config.naming import format_command
from seedbed.errors import NotDone
from seedbed.tracking.names import Tags
from seedbed.tracking.registry import BY_HAND, Version, open_registry
from seedbed.tracking.uris import find_typed_uri
from serve.model.source import FolderSource, ServedModel


class RegistrySource:
    """Gives the version of one registered model that is marked best; downloaded, it is a folder of its own in `folder`.

    `uri` is of the store; None means the repo's own. `trust` is that of `FolderSource`.
    """

    def __init__(self, name: str, uri: str | None, folder: Path, trust: Collection[str] = ()) -> None:
        self._name, self._trust = name, trust
        self.registry = open_registry(uri)
        self._folder = folder

    def version(self) -> str:
        """Return the number of the version that is marked best; NotDone if none is, or the store does not answer."""
        return self._find_best().version

    def load(self) -> ServedModel:
        """Return the version that is marked best, loaded; NotDone: none, no store, or it cannot be served."""
        best = self._find_best()
        to = Path(tempfile.mkdtemp(prefix=f"v{best.version}-", dir=self._folder))
        try:
            folder = self.registry.download(best, to)
            self._describe_move(best, folder / "page" / "card.json")
            model = FolderSource(folder, best.version, self._trust).load()
        except BaseException:
            # The page asks again every few seconds: what cannot be served is not kept each time.
            shutil.rmtree(to, ignore_errors=True)
            raise
        # The files stay as long as the version answers.
        weakref.finalize(model, shutil.rmtree, to, ignore_errors=True)
        return model

    def _describe_move(self, best: Version, card: Path) -> None:
        """Put into the downloaded card how the version was marked last, unless that was when it was made."""
        moves = self.registry.list_moves(self._name)
        if not moves or moves[-1]["to"] != best.version or moves[-1]["rule"] not in BY_HAND or not card.is_file():
            return
        last = moves[-1]
        try:
            content = json.loads(card.read_text(encoding="utf-8"))
        except ValueError:
            return  # which is said once the folder is read
        before = [version for version in self.registry.list_versions(self._name) if version.version == last["from"]]
        content |= {
            "made": last["when"],
            "basis": f"{content['basis'].rstrip('.')}. Marked again by a person's word, which is compared with nothing",
            "previous": {"version": last["from"], "candidate": before[0].tags.get(Tags.PARAMS, "")} if before else None,
        }
        card.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")

    def _find_best(self) -> Version:
        best = self.registry.get_champion(self._name)
        if best is None:
            promote = format_command("promote", name=self._name, uri=find_typed_uri(self.registry.store.uri))
            raise NotDone(f"No version of {self._name} is marked best; `{promote}` marks one.")
        return best
