"""A function of one's own is a metric: asked for the rows of each draw, and refused in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from seedbed.errors import BadInput
from seedbed.metrics.lookup import load_metric, resolve_metric
from seedbed.metrics.metric import find_metric
from seedbed.metrics.predictions import arrange_predictions, make_scorer, weighted_scores

Write = Callable[[str], str]
FRAME = pd.DataFrame(
    {"run": "r", "candidate": "c", "seed": 0, "row": range(6), "truth": list("aabbba"), "prediction": list("aabaab")}
).assign(**{"probability/a": [0.9, 0.8, 0.1, 0.6, 0.7, 0.2], "probability/b": [0.1, 0.2, 0.9, 0.4, 0.3, 0.8]})


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Write:
    """Return a function from a body to the typed name of a function with it, in a module of the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "costs", raising=False)

    def written(body: str) -> str:
        head = "from sklearn.metrics import f1_score\n\ndef cost(truth, prediction, probabilities, classes, weights):\n"
        (tmp_path / "costs.py").write_text(f"{head}    return {body}\n\ncost.better = 'lower'\n")
        return "costs:cost"

    return written


def score(name: str, *weights: list[float], frame: pd.DataFrame = FRAME) -> list[float]:
    tests = arrange_predictions(frame, ["c"], [0])
    scorer = make_scorer(load_metric(name), tests.classes)
    assert scorer is not None and scorer.metric.within_splits
    return [float(one) for one in weighted_scores(tests, scorer, np.array(weights, dtype=float))[0, :, 0]]


def test_it_gets_names_shares_and_the_weights_of_the_rows_that_were_drawn(write: Write) -> None:
    name = write("f1_score(truth, prediction, labels=list(classes), average='macro', sample_weight=weights)")
    metric = load_metric(name)
    assert (metric.better, metric.words, metric.has_intervals, metric.own) == ("lower", "cost", False, True)
    drawn = [2, 0, 1, 1, 0, 3]
    expected = f1_score(FRAME["truth"], FRAME["prediction"], average="macro", sample_weight=drawn)
    plain = f1_score(FRAME["truth"], FRAME["prediction"], average="macro")
    assert score(name, drawn, [1] * 6) == pytest.approx([expected, plain])
    shares = write("(weights * probabilities[:, list(classes).index('b')]).sum() / weights.sum()")
    sys.modules.pop("costs")
    assert score(shares, drawn, [0] * 6) == pytest.approx(
        [np.average(FRAME["probability/b"], weights=drawn), np.nan], nan_ok=True
    )


def test_a_score_that_is_not_finite_is_undefined(write: Write) -> None:
    assert np.isnan(score(write("float('inf')"), [1] * 6)).all()


def test_it_may_fail_where_there_are_no_probabilities(write: Write) -> None:
    blind = FRAME.assign(**{"probability/a": np.nan, "probability/b": np.nan})
    assert np.isnan(score(write("int(probabilities[0, 0] * 10)"), [1] * 6, frame=blind)).all()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("'much'", "^selection.metric=costs:cost returned much, which is not a number.$"),
        ("1 / 0", "^selection.metric=costs:cost raised ZeroDivisionError: division by zero; let it return nan where"),
    ],
)
def test_what_it_answers_is_checked(write: Write, body: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        score(write(body), [1] * 6)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no_such_module:cost", "^selection.metric=no_such_module:cost cannot be imported: No module named"),
        ("costs:other", "^selection.metric=costs:other cannot be imported: module 'costs' has no attribute 'other'$"),
        ("costs:f1_score", 'costs:f1_score does not say which way is better: add f1_score.better = "higher", or'),
        ("math:pi", "^selection.metric=math:pi is not a function.$"),
    ],
)
def test_what_cannot_be_a_metric_is_one_sentence(write: Write, name: str, sentence: str) -> None:
    write("1")
    with pytest.raises(BadInput, match=sentence):
        resolve_metric(name, ["a", "b"], ["accuracy"])


def test_a_name_that_is_stored_is_not_imported(write: Write) -> None:
    write("1")
    assert not find_metric("costs:cost").own and "costs" not in sys.modules


def test_a_class_may_have_a_colon(write: Write) -> None:
    assert resolve_metric("recall/a:b", ["a:b"], ["recall/a_b"]) == "recall/a_b"
