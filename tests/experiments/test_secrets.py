"""What is secret in an address is kept nowhere, and what was run by it goes on all the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

SECRET = "s3cr3tw0rd"
TABLE = "x,y,label\n" + "".join(f"{2 * row},{row * 7 % 11},{'ab'[row // 30]}\n" for row in range(60))
GRID = ("estimator.n_neighbors=3,5", "split.seed=range(5)")


@dataclass
class Guarded:
    """A server that gives its table for the secret alone, and a store for what comes of it."""

    address: str
    uri: str
    folder: Path
    command: Any
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, verb: str, *words: str) -> Any:
        return self.command(verb, *words, f"tracking.uri={self.uri}", environ=self.environ)

    @property
    def full(self) -> str:
        return f"{self.address}/guarded.csv?token={SECRET}"

    def assert_no_secret(self, *outcomes: Any) -> None:
        """Look through every file of the store and of the outputs, and through what was printed."""
        for outcome in outcomes:
            assert SECRET not in outcome.out + outcome.err
        files = [file for file in self.folder.parent.rglob("*") if file.is_file() and file.suffix != ".db"]
        assert files and not [file for file in files if SECRET.encode() in file.read_bytes()]
        with sqlite3.connect(self.folder / "mlflow.db") as database:
            assert SECRET not in "\n".join(database.iterdump())


class _Guard(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        allowed = self.path.endswith(f"token={SECRET}")
        self.send_response(200 if allowed else 403)
        self.end_headers()
        self.wfile.write(TABLE.encode() if allowed else b"")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def guarded(new_store: Callable[[Path], str], command: Any, tmp_path: Path) -> Iterator[Guarded]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Guard) as server:
        Thread(target=server.serve_forever).start()
        folder = tmp_path / "store"
        yield Guarded(f"http://127.0.0.1:{server.server_port}", new_store(folder), folder, command)
        server.shutdown()


def test_a_token_is_kept_nowhere_and_the_copy_of_the_table_stands_in_for_the_address(guarded: Guarded) -> None:
    typed = ("dataset=csv", f'dataset.path="{guarded.full}"', "dataset.target=label")
    swept = guarded("train", "-m", *typed, *GRID)
    assert swept.code == 0, swept.err
    hydras = (f"hydra.run.dir={guarded.folder}/typed", "hydra.output_subdir=.hydra")  # files of Hydra's own
    run = json.loads(guarded("train", *typed, *hydras, "output=json").out)["run"]
    other = ("split.seed=0", "estimator.n_neighbors=3", "dataset.name=other")
    by_hydra = guarded("train", "-m", *typed, *other, *hydras)
    assert "1 run FINISHED" in by_hydra.out
    files = [file.name for file in guarded.folder.glob("typed/**/.hydra/*")]
    assert sorted(files) == sorted(["config.yaml", "hydra.yaml", "overrides.yaml"] * 2)
    name = "dataset.name=guarded"
    done = [guarded("explore", *typed), guarded("compare", name), guarded("reproduce", name, f"run={run}")]
    done += [guarded("reproduce", name), guarded("promote", name)]
    # A wider grid on the table that only the copy gives.
    done.append(guarded("train", "-m", f"resume={sweep_of(swept)}", "estimator.n_neighbors=3,5,7"))
    for outcome in done:
        assert outcome.code == 0, outcome.err
    assert "compared on the copy" in done[2].out and "identical" in done[2].out
    assert "Version 1 of guarded is the champion now" in done[4].out
    assert "15 runs FINISHED" in done[5].out
    guarded.assert_no_secret(swept, by_hydra, *done)


def test_without_a_copy_one_sentence_asks_for_the_address_again(guarded: Guarded) -> None:
    typed = ("dataset=csv", f'dataset.path="{guarded.full}"', "dataset.target=label")
    swept = guarded("train", "-m", *typed, *GRID, "tracking.keep_data=false")
    assert swept.code == 0, swept.err
    resumed = ("-m", f"resume={sweep_of(swept)}", "estimator.n_neighbors=3,5,7")
    for verb, words in (("promote", ["dataset.name=guarded"]), ("train", resumed)):
        refused = guarded(verb, *words)
        assert refused.code == 2
        assert refused.sentence == (
            f"The address {guarded.address}/guarded.csv?*** was kept without its secrets; give it again: dataset=csv "
            "dataset.path=ADDRESS."
        )
    lost = guarded("reproduce", "dataset.name=guarded")
    assert lost.code == 1 and "give it again: dataset=csv dataset.path=ADDRESS" in lost.out
    done = [guarded("promote", *typed[:2]), guarded("reproduce", *typed[:2]), guarded("train", *resumed, *typed[:2])]
    for outcome in done:
        assert outcome.code == 0, outcome.err
    guarded.assert_no_secret(swept, lost, *done)


def test_what_refers_to_the_environment_is_kept_as_it_was_typed(guarded: Guarded) -> None:
    reference = f"{guarded.address}/guarded.csv?token=${{oc.env:GUARD}}"
    guarded.environ["GUARD"] = SECRET
    typed = ("dataset=csv", f'dataset.path="{reference}"', "dataset.target=label", "tracking.keep_data=false")
    swept = guarded("train", "-m", *typed, *GRID)
    assert swept.code == 0, swept.err
    done = [guarded("reproduce", "dataset.name=guarded"), guarded("promote", "dataset.name=guarded")]
    done.append(guarded("train", "-m", f"resume={sweep_of(swept)}", "estimator.n_neighbors=3,5,7"))
    for outcome in done:
        assert outcome.code == 0, outcome.err
    configs = [file.read_text(encoding="utf-8") for file in guarded.folder.rglob("config.yaml")]
    assert len(configs) == 15 + 5 and all(reference in text for text in configs)
    del guarded.environ["GUARD"]
    unset = guarded("promote", "dataset.name=guarded", "dry_run=true")
    assert unset.code == 2 and "guarded.csv cannot be read: Forbidden" in unset.sentence
    guarded.assert_no_secret(swept, *done)


def sweep_of(outcome: Any) -> str:
    """Return the beginning of the sweep's id from what a sweep said as it began."""
    return str(outcome.err.split("Sweep ")[1][:8])
