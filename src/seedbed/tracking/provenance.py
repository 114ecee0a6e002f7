"""Which code a run was made by."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from functools import cache

from seedbed.paths import PACKAGE, ROOT
from seedbed.tracking.names import Tags

NO_GIT = "no git"


@dataclass(frozen=True)
class Provenance:
    """The commit of the checkout and whether it had changes; both "no git" if there is none."""

    commit: str
    dirty: str

    @property
    def words(self) -> str:
        """It as a phrase."""
        return self.commit + (", with uncommitted changes" if self.dirty == "true" else "")

    @property
    def tags(self) -> dict[str, str]:
        """Both as tags of a run."""
        commit = {} if self.commit == NO_GIT else {str(Tags.COMMIT): self.commit}
        return {**commit, str(Tags.DIRTY): self.dirty}


@cache
def read_provenance() -> Provenance:
    """Ask git once a process."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return Provenance(NO_GIT, NO_GIT)
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return Provenance(commit.strip(), "true" if changes else "false")


@cache
def compute_code_digest() -> str:
    """Return 16 hexadecimal digits over the source of `src/seedbed`."""
    content = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*.py")):
        content.update(f"{file.relative_to(PACKAGE)}\0".encode() + file.read_bytes())
    return content.hexdigest()[:16]


def make_patch() -> str | None:
    """Return the checkout's uncommitted changes as a patch, None if there are none."""
    return _git("diff", "HEAD", "--binary") or None


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout
