"""Where things of this checkout are, whatever the working directory."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONF = ROOT / "conf"
OUTPUTS = ROOT / "outputs"
MLRUNS = ROOT / "mlruns"
DATABASE = MLRUNS / "mlflow.db"
GUIDE = ROOT / "docs" / "reading-a-comparison.md"  # what each column and figure says; a checkout has it
PACKAGE = Path(__file__).resolve().parent
PACKAGE_DATA = PACKAGE / "data"


def make_output(verb: str, name: str) -> Path:
    """Make a folder of its own for what a verb writes about a dataset, and return it."""
    folder = OUTPUTS / verb / f"{name}_{datetime.now():%Y-%m-%d_%H-%M-%S-%f}"
    folder.mkdir(parents=True)
    return folder
