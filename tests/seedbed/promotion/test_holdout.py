"""What a promotion measures on the holdout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.inspection import permutation_importance

from seedbed.config.dataset import Dataset
from seedbed.config.schema import Preprocess, Train
from seedbed.data.table import load_table
from seedbed.execution.run import prepare
from seedbed.promotion import holdout


@pytest.mark.parametrize("most", [holdout._MOST_ROWS, 40])
def test_importance_is_scikit_learns(
    most: int, write_case: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdout, "_MOST_ROWS", most)
    lines = [f"{row},{row * 7 % 11},{'uv'[row % 3 == 0]},{'ab'[row // 8 % 2]}" for row in range(0, 160, 2)]
    file = write_case("t.csv", "\n".join(["x,self,colour,label", *lines]))
    dataset = Dataset(path=str(file), target="label")
    table = load_table(dataset)
    found = holdout.evaluate_holdout(prepare(Train(dataset=dataset, preprocess=Preprocess("auto")), table), table)
    assert found is not None
    importance = json.loads(found.make_files(table)["importance.json"])
    features, labels = table.features.iloc[table.holdout], table.labels[table.holdout]
    known = permutation_importance(found.estimator, features, labels, n_repeats=30, random_state=0)
    assert [column["name"] for column in importance] == ["x", "self", "colour"]
    assert np.allclose([column["mean"] for column in importance], known.importances_mean)
    assert np.allclose([column["std"] for column in importance], known.importances_std)
