"""Where things of this checkout are, whatever the working directory."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONF = ROOT / "conf"
OUTPUTS = ROOT / "outputs"
MLRUNS = ROOT / "mlruns"
DATABASE = MLRUNS / "mlflow.db"
GUIDE = ROOT / "docs" / "reading-a-comparison.md"  # what each column and figure says; a checkout has it
PACKAGE = Path(__file__).resolve().parent
PACKAGE_DATA = PACKAGE / "data"
