"""Make the small store of runs in tests/assets/ as this version of Seedbed leaves it, for later versions to read.

Run it before a release, from a checkout without changes: `python tests/assets/make_store.py [-SUFFIX]`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "tests" / "assets"
_TABLE = "x,y,label\n" + "".join(f"{row % 7},{row * row % 11},{'odd' if row % 2 else 'even'}\n" for row in range(40))


def main() -> None:
    """Record the runs in a folder that is thrown away, and keep the store as an archive."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = folder / "store"
        store.mkdir()
        for words in _list_commands(folder):
            _run(words, store, folder)
        with closing(sqlite3.connect(store / "mlflow.db")) as connection:
            connection.execute("pragma journal_mode = delete")
            connection.execute("vacuum")
        archive = ASSETS / f"store-{version('seedbed')}{''.join(sys.argv[1:])}.tar.xz"
        with tarfile.open(archive, "w:xz") as made:
            made.add(store, "store")
    print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1000:.0f} kB")


def _list_commands(folder: Path) -> list[list[str]]:
    """Return what is run: single runs, one that fails, one whose table is gone later, a tiny sweep, its promotion."""
    table = folder / "gone.csv"
    table.write_text(_TABLE, encoding="utf-8")
    own = ["dataset=csv", f"dataset.path={table}", "dataset.target=label"]
    return [
        ["train"],
        ["train", "+experiment=tutorial"],
        ["train", "preprocess=standardize", "estimator.weights=distance", "estimator.p=1", "split.seed=3"],
        ["train", "estimator.metric=haversine", "estimator.algorithm=ball_tree"],
        ["train", *own],
        ["train", "-m", "estimator.n_neighbors=3,7", "split.seed=0,1"],
        ["promote"],
    ]


def _run(words: list[str], store: Path, folder: Path) -> None:
    verb, *rest = words
    folders = [f"hydra.run.dir={folder}/hydra", f"hydra.sweep.dir={folder}/hydra"]
    environ = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{store}/mlflow.db"}
    script = ROOT / "experiments" / f"{verb}.py"
    subprocess.run([sys.executable, str(script), *rest, *folders], cwd=folder, env=environ)
    shutil.rmtree(folder / "hydra", ignore_errors=True)


if __name__ == "__main__":
    main()
