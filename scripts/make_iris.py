"""Write the Iris CSV of the package from scikit-learn's copy of Fisher's table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_iris

TARGET = Path(__file__).resolve().parents[1] / "src" / "seedbed" / "data" / "iris.csv"
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def iris_table() -> pd.DataFrame:
    """Return the 150 rows with the tutorial's names: four columns in cm and `variety`."""
    bunch = load_iris()
    table = pd.DataFrame(bunch.data, columns=COLUMNS)
    return table.assign(variety=[bunch.target_names[code].title() for code in bunch.target])


if __name__ == "__main__":
    iris_table().to_csv(TARGET, index=False, lineterminator="\n")
    print(f"{TARGET}: {len(iris_table())} rows")
