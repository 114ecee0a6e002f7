"""The tags by which a run says what it is, which code made it, and by which it is found again."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path


def tags_of(params: Mapping[str, object]) -> dict[str, str]:
    """Return the tags of one run."""
    candidate = {key: value for key, value in params.items() if key != "split.seed"}
    found = {"seedbed.candidate": hashed(candidate)[:16], "seedbed.fingerprint": hashed([params, versions()])[:32]}
    return {"seedbed.kind": "run", **code(), **found}


def hashed(content: object) -> str:
    """Return hexadecimal digits that stand for a content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """Return the versions that decide a run's numbers."""
    return {name: version(name) for name in ("numpy", "scikit-learn", "scipy")}


@cache
def code() -> dict[str, str]:
    """Ask git once a process."""
    commit, changes = git("rev-parse", "HEAD"), git("status", "--porcelain", "--untracked-files=no")
    if commit is None or changes is None:
        return {"seedbed.git_dirty": "no git"}
    return {"mlflow.source.git.commit": commit.strip(), "seedbed.git_dirty": "true" if changes else "false"}


def git(*words: str) -> str | None:
    """Return what git says of this checkout, None where it says nothing."""
    try:
        done = subprocess.run(["git", "-C", str(Path(__file__).parent), *words], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
