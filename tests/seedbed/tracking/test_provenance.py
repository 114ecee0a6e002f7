"""Which code a run was made by: what git says of a checkout, and the changes that no commit has."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seedbed.tracking.names import Tags
from seedbed.tracking.provenance import NO_GIT, make_patch, read_provenance


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(["git", "-C", str(root), *who, *words], check=True, capture_output=True, text=True).stdout


def test_a_folder_without_git_without_a_commit_or_of_another_owner_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_provenance(tmp_path).words == NO_GIT
    (tmp_path / "new").mkdir()
    git(tmp_path / "new", "init")
    assert read_provenance(tmp_path / "new").words == "no commit"
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own way to test it
    read_provenance.cache_clear()
    foreign = read_provenance(tmp_path / "new")
    assert foreign.words == "git refuses the folder of another owner"
    assert foreign.tags == {str(Tags.DIRTY): foreign.words}


def test_changes_are_a_patch_without_the_secrets_of_addresses(tmp_path: Path) -> None:
    git(tmp_path, "init")
    config = tmp_path / "local.yaml"
    config.write_text("uri: null\n")
    git(tmp_path, "add", "local.yaml")
    git(tmp_path, "commit", "-m", "Begin")
    clean = read_provenance(tmp_path)
    assert (clean.words, clean.dirty) == (git(tmp_path, "rev-parse", "HEAD").strip(), "false")
    assert make_patch(tmp_path) is None
    config.write_text("uri: postgresql://me:s3cr3t@h/db\n")
    read_provenance.cache_clear()
    assert read_provenance(tmp_path).words == f"{clean.commit}, with uncommitted changes"
    patch = make_patch(tmp_path)
    assert patch is not None and "-uri: null\n+uri: postgresql://***@h/db\n" in patch and "s3cr3t" not in patch
