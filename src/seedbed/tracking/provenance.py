"""Which code a run was made by."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seedbed.errors import hide_secrets
from seedbed.paths import PACKAGE, ROOT
from seedbed.tracking.names import Tags

NO_GIT = "no git"
_UNKNOWN = {"dubious ownership": "git refuses the folder of another owner", "HEAD": "no commit"}


@dataclass(frozen=True)
class Provenance:
    """The commit of the checkout and whether it had changes; "no git" and the reason if there is none."""

    commit: str
    dirty: str

    @property
    def words(self) -> str:
        """It as a phrase."""
        known = self.commit + (", with uncommitted changes" if self.dirty == "true" else "")
        return known if self.commit != NO_GIT else self.dirty

    @property
    def tags(self) -> dict[str, str]:
        """Both as tags of a run."""
        commit = {} if self.commit == NO_GIT else {str(Tags.COMMIT): self.commit}
        return {**commit, str(Tags.DIRTY): self.dirty}


@cache
def read_provenance(root: Path = ROOT) -> Provenance:
    """Ask git once a process."""
    commit, why = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return Provenance(NO_GIT, next((words for sign, words in _UNKNOWN.items() if sign in why), NO_GIT))
    changes, _ = _git(root, "status", "--porcelain", "--untracked-files=no")
    return Provenance(commit.strip(), "true" if changes else "false")


@cache
def compute_code_digest() -> str:
    """Return 16 hexadecimal digits over the source of `src/seedbed`."""
    content = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*.py")):
        content.update(f"{file.relative_to(PACKAGE)}\0".encode() + file.read_bytes())
    return content.hexdigest()[:16]


def make_patch(root: Path = ROOT) -> str | None:
    """Return the checkout's uncommitted changes as a patch without the secrets of addresses, None without changes."""
    return hide_secrets(_git(root, "diff", "HEAD", "--binary")[0] or "") or None


def _git(root: Path, *words: str) -> tuple[str | None, str]:
    """Return what git says, None if it fails, and its words on stderr."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
        )
    except OSError as error:
        return None, str(error)
    return (done.stdout if done.returncode == 0 else None), done.stderr
