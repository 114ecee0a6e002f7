"""A metric is one entry: its direction, its unit, its formula and its words are known everywhere from there."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from seedbed.errors import BadInput, UnknownName
from seedbed.metrics.evaluation import evaluate
from seedbed.metrics.lookup import list_metrics, resolve_metric
from seedbed.metrics.metric import ACCURACY, METRICS, Metric, divide, find_metric
from seedbed.metrics.predictions import arrange_predictions, make_scorer, weighted_scores
from seedbed.selection.leaderboard import rank_runs

CLASSES = ("a", "b", "c")


@pytest.fixture
def kappa(monkeypatch: pytest.MonkeyPatch) -> Metric:
    """Cohen's kappa, which the library does not have, added as one entry."""

    def compute(counts: object) -> np.ndarray:
        rows, right = counts.rows, counts.right  # type: ignore[attr-defined]
        chance = (counts.true * counts.predicted).sum(axis=0) / rows**2  # type: ignore[attr-defined]
        return divide(right / rows - chance, 1 - chance)

    metric = Metric("kappa", compute, bounds=(-1.0, 1.0))
    monkeypatch.setitem(METRICS, metric.name, metric)
    return metric


def test_losses_and_times_are_better_when_lower() -> None:
    better = {name: find_metric(name).better for name in ("accuracy", "recall/fit_seconds", "log_loss", "fit_seconds")}
    assert better == {"accuracy": "higher", "recall/fit_seconds": "higher", "log_loss": "lower", "fit_seconds": "lower"}


def test_scores_end_at_one_and_losses_do_not() -> None:
    assert find_metric("macro_f1").bounds == (0, 1)
    assert find_metric("log_loss").bounds == (0, math.inf)


def test_numbers_are_written_as_people_read_them() -> None:
    loss, seconds = find_metric("log_loss"), find_metric("fit_seconds")
    assert [one.format(0.975) for one in (ACCURACY, loss, seconds)] == ["97.5 %", "0.975", "0.975 s"]
    assert ACCURACY.format_range(0.89, 1.0) == "89 to 100 %"
    assert ACCURACY.format_range(0.9961, 0.9982) == "99.6 to 99.8 %"
    assert loss.format_range(0.044, 1.98) == "0.044 to 1.98"
    assert [one.format_difference(0.012) for one in (ACCURACY, loss, seconds)] == ["1.2 points", "0.012", "0.012 s"]
    assert [ACCURACY.format_change(one) for one in (0.012, -0.5, 0.0001)] == ["+1.2", "−50.0", "0.0"]
    assert [one.format_tick(0.25) for one in (ACCURACY, loss, seconds)] == ["25 %", "0.25", "0.25 s"]
    assert [one.format_short(0.974) for one in (ACCURACY, loss)] == ["97", "0.97"]
    assert find_metric("recall/Setosa").words == "recall of Setosa"


def test_a_metric_logged_by_other_means_is_a_number_of_no_test_rows() -> None:
    for name in ("own", "own/a", "precision"):
        assert find_metric(name) == Metric(name, bounds=(-math.inf, math.inf), unit="score")
        assert make_scorer(find_metric(name), CLASSES) is None


def test_a_run_leaves_what_can_be_chosen_by() -> None:
    codes = np.arange(3)
    left = [*evaluate(codes, codes, np.eye(3), CLASSES).metrics, "fit_seconds", "predict_seconds"]
    assert sorted(left) == sorted(name for name in list_metrics(CLASSES) if find_metric(name).logged)


def test_what_takes_more_classes_is_not_listed_and_says_so() -> None:
    assert "top_2_accuracy" in list_metrics((*CLASSES, "d")) and "top_2_accuracy" not in list_metrics(CLASSES)
    with pytest.raises(
        BadInput, match="^selection.metric=top_2_accuracy takes a table of at least 4 classes, and th.*3"
    ):
        resolve_metric("top_2_accuracy", CLASSES, list_metrics(CLASSES))


def test_intervals_over_splits_are_for_means_over_rows_alone() -> None:
    sound = {name for name in list_metrics((*CLASSES, "d")) if find_metric(name).has_intervals}
    recalls = {f"recall/{name}" for name in (*CLASSES, "d")}
    means = {"accuracy", "balanced_accuracy", "macro_recall", "top_2_accuracy", "log_loss", "brier"}
    assert sound == means | recalls


def test_one_entry_adds_a_metric_everywhere(kappa: Metric) -> None:
    truth, prediction = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 1, 0, 2, 1])
    score = evaluate(truth, prediction, np.eye(3)[prediction], CLASSES).metrics["kappa"]
    assert score == pytest.approx(0.5)
    names = np.array(CLASSES)
    tests = {"candidate": "x", "run": "r", "seed": 0, "row": range(6), "truth": names[truth]}
    predictions = pd.DataFrame(tests | {"prediction": names[prediction]})
    arranged = arrange_predictions(predictions, ["x"], [0])
    scorer = make_scorer(kappa, arranged.classes)
    assert scorer is not None
    weights = np.array([[1.0] * 6, [1.0, 1.0, 1.0, 0.0, 1.0, 0.0]])
    assert weighted_scores(arranged, scorer, weights)[0, :, 0] == pytest.approx([score, 1.0])
    runs = pd.DataFrame({"candidate": "x", "run": "r", "seed": [0], "n_train": 9, "n_test": 6, "metrics.kappa": score})
    leader = rank_runs(runs, "kappa", planned_seeds=[0], axes={}).rows[0]
    assert leader.score == score
    assert kappa.format(leader.score) == "50.0 %"
    assert "kappa" in list_metrics(CLASSES)


ODD = ("A (1)", "😀", "🎉", "plain")


def test_a_class_is_chosen_by_under_its_own_name_or_by_what_stands_for_it() -> None:
    known = list_metrics(ODD)
    for typed, stored in (("recall/A (1)", "recall/A _1_"), ("f1/🎉", "f1/__2"), ("f1/__2", "f1/__2")):
        assert resolve_metric(typed, ODD, known) == stored
    assert resolve_metric("accuracy", ODD, known) == "accuracy"
    with pytest.raises(UnknownName, match="^There is no metric recall/B"):
        resolve_metric("recall/B", ODD, known)
    with pytest.raises(BadInput, match="^selection.metric=n_test does not tell how good a candidate is; choose by acc"):
        resolve_metric("n_test", ODD, known)


def test_the_report_says_which_class_stands_behind_a_changed_key() -> None:
    codes = np.arange(4)
    keys = {"A (1)": "A _1_", "😀": "_", "🎉": "__2"}
    assert evaluate(codes, codes, np.eye(4), ODD).report["metric_keys"] == keys
    assert "metric_keys" not in evaluate(codes[:3], codes[:3], np.eye(3), CLASSES).report
