"""Candidates of several estimators, each with parameters of its own, are named, ranked and chosen as one sweep's."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.config.candidate import FAMILY, format_param
from seedbed.config.families import read_family
from seedbed.config.schema import Selection
from seedbed.errors import BadInput, NotDone
from seedbed.records.records import SweepRecord
from seedbed.selection.analysis import SweepAnalysis, analyze_sweep
from seedbed.selection.axes import get_family
from seedbed.selection.choice import Rule, choose
from seedbed.selection.leaderboard import Leaderboard, rank_runs, rank_sweep
from seedbed.selection.score_lines import make_learning_curves

SEEDS = 5
VALUES: dict[str, Sequence[Any]] = {
    "n_neighbors": [1, 3, 5, 7, 9],
    "weights": ["uniform", "distance"],
    "C": [0.01, 0.1, 1.0, 10.0],
    "gamma": ["scale", 0.1, 1.0],
    "max_features": ["sqrt", 0.5, 1, 1.0],
    "min_samples_leaf": [1, 3, 10],
    "max_depth": [None, 3, 5],
    "max_leaf_nodes": [7, 15, 31],
    "var_smoothing": [1e-09, 0.001],
    "hidden_layer_sizes": [(100,), (50, 50)],
}
PARAMS = {
    name: [key for key in read_family(name).params if key in VALUES]
    for name in ("knn", "logistic", "naive_bayes", "tree", "forest", "extra_trees", "hgb", "svc", "mlp")
}
PARAMS["own"] = ["C", "max_depth"]
Cell = dict[str, Any]


@st.composite
def grids(draw: st.DrawFn) -> list[Cell]:
    """Return the candidates of one to four estimators, all with the defaults of their files."""
    cells = []
    for name in draw(st.lists(st.sampled_from(sorted(PARAMS)), min_size=1, max_size=4, unique=True)):
        swept = draw(st.lists(st.sampled_from(PARAMS[name]), max_size=2, unique=True))
        several = {
            key: draw(st.lists(st.sampled_from(VALUES[key]), min_size=1, max_size=3, unique_by=repr)) for key in swept
        }
        usual = {f"estimator.{key}": value for key, value in read_family(name).defaults.items()}
        usual["preprocess.name"] = read_family(name).preprocess
        if name == "own":
            usual |= {f"estimator.{key}": VALUES[key][0] for key in PARAMS[name]}
        for values in itertools.product(*several.values()):
            own = {f"estimator.{key}": value for key, value in zip(several, values, strict=True)}
            cells.append({FAMILY: name, **usual, **own})
    return cells


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[list[Cell], pd.DataFrame]:
    """Return candidates with their runs, of few scores, so that many tie."""
    cells, runs = draw(grids()), []
    for cell in cells:
        scores = draw(st.lists(st.integers(21, 24), min_size=SEEDS, max_size=SEEDS))
        candidate = hashlib.sha256(repr(sorted(cell.items())).encode()).hexdigest()[:16]
        for seed, score in enumerate(scores):
            params = {
                f"params.{key}": tuple(value) if isinstance(value, list) else value for key, value in cell.items()
            }
            run = {"run": f"{candidate}-{seed}", "candidate": candidate, "seed": seed, "n_train": 96, "n_test": 24}
            runs.append({**run, "metrics.accuracy": score / 24, **params})
    frame = pd.DataFrame(runs, dtype=object)
    numbers = [name for name in frame if not name.startswith("params.")]
    return cells, frame.assign(**frame[numbers].infer_objects())


def rank(cells: Sequence[Cell], runs: pd.DataFrame) -> Leaderboard:
    """Rank runs with the axes that the sweep's grid.json has: what varies over the candidates that have it."""
    values: dict[str, dict[str, Any]] = {}
    for cell in cells:
        for key, value in cell.items():
            values.setdefault(key, {})[format_param(value, key)] = value
    axes = {key: list(own.values()) for key, own in values.items() if len(own) > 1}
    return rank_runs(runs, "accuracy", planned_seeds=range(SEEDS), axes=axes)


def params_of(runs: pd.DataFrame, candidate: str) -> Mapping[str, Any]:
    row = runs[runs["candidate"] == candidate].iloc[0]
    return {key.removeprefix("params."): value for key, value in row.items() if key.startswith("params.")}


@settings(max_examples=30)
@given(sweeps())
def test_each_label_is_one_candidates_and_names_what_it_has(sweep: tuple[list[Cell], pd.DataFrame]) -> None:
    cells, runs = sweep
    board = rank(cells, runs)
    labels = [row.label for row in board.rows]
    assert len(set(labels)) == len(labels) == len(cells)
    several = len({cell[FAMILY] for cell in cells}) > 1
    for row in board.rows:
        has = {key: value for key, value in params_of(runs, row.candidate).items() if value == value}
        words = row.label.split(", ") if not any(isinstance(value, tuple) for value in has.values()) else [row.label]
        assert (words[0].split(",")[0] == has[FAMILY]) == several
        assert "None" not in row.label and "nan" not in row.label
        for key, value in row.values.items():
            assert format_param(value, key) == format_param(has[key], key)
        for word in words[several:] if len(words) > 1 or not several else []:
            name, _, text = word.partition(" = ")
            key = "estimator.n_neighbors" if name == "k" else f"estimator.{name}"
            if not any(isinstance(value, tuple) for value in has.values()) and name != "the one candidate":
                assert text == format_param(has[key], key), row.label


@settings(max_examples=30)
@given(sweeps(), st.sampled_from(list(Rule)), st.integers(0, 2**32 - 1))
def test_the_choice_does_not_depend_on_the_order_of_runs(
    sweep: tuple[list[Cell], pd.DataFrame], rule: Rule, seed: int
) -> None:
    cells, runs = sweep
    boards = [rank(cells, runs), rank(cells, runs.sample(frac=1, random_state=np.random.RandomState(seed)))]
    assert boards[0].rows == boards[1].rows and boards[0].axes == boards[1].axes
    if boards[0].order.steps.any() or rule is Rule.HIGHEST_MEAN:
        assert choose(boards[0], rule) == choose(boards[1], rule)


@settings(max_examples=30)
@given(sweeps())
def test_one_standard_error_stays_in_the_family_and_goes_to_its_simpler_end_alone(
    sweep: tuple[list[Cell], pd.DataFrame],
) -> None:
    cells, runs = sweep
    board = rank(cells, runs)
    if not board.order.steps.any():
        with pytest.raises(BadInput, match="does not vary a number with a simpler end; use"):
            choose(board, Rule.ONE_STANDARD_ERROR)
        return
    choice = choose(board, Rule.ONE_STANDARD_ERROR)
    before, after = (params_of(runs, row.candidate) for row in (choice.leader, choice.row))
    changed = [key for key in before if before[key] == before[key] and repr(before[key]) != repr(after[key])]
    assert before[FAMILY] == after[FAMILY] and len(changed) <= 1
    for key in changed:
        simpler = read_family(after[FAMILY]).params[key.removeprefix("estimator.")].simpler
        assert after[key] > before[key] if simpler == "high" else after[key] < before[key] and simpler == "low"


@settings(max_examples=30)
@given(sweeps())
def test_a_tie_is_of_the_first_family_that_has_one_and_an_edge_of_the_chosen_ones(
    sweep: tuple[list[Cell], pd.DataFrame],
) -> None:
    cells, runs = sweep
    board = rank(cells, runs)
    choice = choose(board)
    assert get_family(choice.row.values) == get_family(choice.tied[0].values)
    own = params_of(runs, choice.candidate)
    for edge in choice.edges:
        values = [cell[edge.axis.key] for cell in cells if cell[FAMILY] == own[FAMILY]]
        assert own[edge.axis.key] == (min(values) if edge.side == "low" else max(values))
        assert set(edge.wider) >= set(values) or not edge.wider


# By example

MIXED: dict[str, dict[str, list[Any]]] = {
    "knn": {"n_neighbors": [1, 3, 5, 7]},
    "logistic": {"C": [0.01, 0.1, 1.0]},
    "forest": {"max_features": ["sqrt", 0.5, 1.0], "min_samples_leaf": [1, 3]},
    "naive_bayes": {},
}


def best(**wanted: Any) -> Callable[..., float]:
    return lambda **values: 0.02 if all(values.get(key) == value for key, value in wanted.items()) else 0.4


def analyze(sweep: SweepRecord, **selection: str) -> SweepAnalysis:
    return analyze_sweep("wine", sweep, Selection(**selection), lambda candidate: None)


def test_a_label_has_the_family_and_its_own_params(make_families: Callable[..., SweepRecord]) -> None:
    board = rank_sweep(make_families(MIXED), "accuracy")
    labels = {row.label for row in board.rows}
    assert {"knn, k = 7", "logistic, C = 1.0", "naive_bayes"} < labels
    assert "forest, max_features = 1.0, min_samples_leaf = 3" in labels and len(labels) == 14
    assert [axis.name for axis in board.axes] == ["estimator", "k", "C", "max_features", "min_samples_leaf"]


def test_what_differs_from_family_to_family_alone_is_not_an_axis(make_families: Callable[..., SweepRecord]) -> None:
    grids = {"logistic": {"C": [0.1, 1.0], "max_iter": [1000]}, "mlp": {"alpha": [0.1], "max_iter": [500]}}
    board = rank_sweep(make_families(grids), "accuracy")
    assert [axis.key for axis in board.axes] == [FAMILY, "estimator.C"]
    assert sorted(row.label for row in board.rows) == ["logistic, C = 0.1", "logistic, C = 1.0", "mlp"]


def test_a_parameter_that_two_families_have_is_judged_in_each(make_families: Callable[..., SweepRecord]) -> None:
    grids = {"logistic": {"C": [0.01, 0.1, 1.0]}, "svc": {"C": [1.0, 10.0, 100.0]}}
    found = analyze(make_families(grids, wrong=best(name="logistic", C=1.0)))
    assert found.choice is not None
    (edge,) = found.choice.edges
    assert (edge.side, edge.override) == ("high", "estimator.C=0.01,0.1,1.0,10.0")
    assert found.wider is not None and found.wider.endswith(
        "estimator.name=logistic,svc estimator.C=0.01,0.1,1.0,10.0 'split.seed=range(0,5)'"
    )


def test_cells_that_no_run_finished_are_those_of_each_family(make_families: Callable[..., SweepRecord]) -> None:
    def skip(*, seed: int, **values: Any) -> bool:
        gone = [("knn", 7), ("forest", "sqrt")]
        pair = values["name"], values.get("n_neighbors", values.get("max_features"))
        return pair in gone and values.get("min_samples_leaf") in (None, 3) or values["name"] == "naive_bayes"

    board = rank_sweep(make_families(MIXED, skip=skip), "accuracy")
    assert [(one.label, one.reason) for one in board.incomplete] == [
        ("knn, k = 7", "no seed finished"),
        ("forest, max_features = sqrt, min_samples_leaf = 3", "no seed finished"),
        ("naive_bayes", "no seed finished"),
    ]


def test_the_rule_takes_the_simplest_of_the_leaders_family(make_families: Callable[..., SweepRecord]) -> None:
    grids = {"knn": {"n_neighbors": [3, 9]}, "logistic": {"C": [0.001, 0.1, 1.0, 10.0]}}
    scores = {0.001: 0.6, 0.1: 0.94, 1.0: 0.94, 10.0: 0.95, 3: 0.9, 9: 0.95 - 1e-6}
    sweep = make_families(grids, seeds=6)
    noise = sweep.runs["seed"].map(dict(enumerate([0.02, -0.02, 0.01, -0.01, 0.03, -0.03])))
    value = sweep.runs["params.estimator.C"].fillna(sweep.runs["params.estimator.n_neighbors"])
    way = np.where(value == 10.0, 1, -1)
    runs = sweep.runs.assign(**{"metrics.accuracy": value.map(scores).astype(float) + noise * way})
    board = rank_runs(runs, "accuracy", planned_seeds=range(6), axes=sweep.axes)
    choice = choose(board, Rule.ONE_STANDARD_ERROR)
    assert (choice.leader.label, choice.row.label) == ("logistic, C = 10.0", "logistic, C = 0.1")


def test_the_sentence_names_the_family_in_which_it_is_the_simplest(make_families: Callable[..., SweepRecord]) -> None:
    found = analyze(
        make_families({"tree": {"min_samples_leaf": [1, 2, 5]}, "naive_bayes": {}}, wrong=best(name="tree")),
        rule="one_standard_error",
    )
    assert "is the simplest tree within one standard error of tree, min_samples_leaf = 1" in found.words


def test_a_family_without_probabilities_competes_by_all_else(make_families: Callable[..., SweepRecord]) -> None:
    sweep = make_families(
        {"knn": {"n_neighbors": [1, 3]}, "own": {"alpha": [0.1, 1.0]}}, wrong=best(name="own", alpha=0.1)
    )
    own = sweep.runs["params.estimator.name"] == "own"
    sweep.runs["metrics.log_loss"] = np.where(own, np.nan, 0.3 + 0.01 * sweep.runs["seed"].astype(float))
    probabilities = [name for name in sweep.predictions if name.startswith("probability/")]
    sweep.predictions.loc[sweep.predictions["candidate"].isin(sweep.runs["candidate"][own]), probabilities] = np.nan
    by_accuracy, by_loss = analyze(sweep), analyze(sweep, metric="log_loss")
    assert by_accuracy.choice is not None and by_accuracy.choice.row.label == "own, alpha = 0.1"
    assert by_accuracy.estimate is not None and by_accuracy.estimate.low is not None
    assert [(one.label, one.reason) for one in by_loss.leaderboard.incomplete] == [
        ("own, alpha = 0.1", "it predicts no probabilities, which log_loss needs"),
        ("own, alpha = 1.0", "it predicts no probabilities, which log_loss needs"),
    ]
    assert by_loss.choice is not None and by_loss.choice.row.values[FAMILY] == "knn"
    for metric in ("roc_auc", "brier"):  # which no run logged
        by_other = analyze(sweep, metric=metric)
        assert {one.reason for one in by_other.leaderboard.incomplete} == {
            f"it predicts no probabilities, which {metric} needs"
        }
        assert len(by_other.leaderboard.rows) == 2 and by_other.estimate is not None
    alone = replace(sweep, runs=sweep.runs[own], axes={"estimator.alpha": [0.1, 1.0]})
    with pytest.raises(NotDone, match="none of the 2 predicts probabilities; choose by accuracy, for example"):
        analyze(alone, metric="log_loss")


def test_learning_curves_are_named_by_family(make_families: Callable[..., SweepRecord]) -> None:
    sweep = make_families({"knn": {"n_neighbors": [1, 3]}, "naive_bayes": {}})
    parts = []
    for number, share in enumerate((0.25, 0.5)):
        runs = sweep.runs.assign(**{"params.split.test_size": share, "n_test": 40 * share, "n_train": 40 * (1 - share)})
        parts.append(runs.assign(candidate=runs["candidate"] + f"-{number}", run=runs["run"] + f"-{number}"))
    axes = {**sweep.axes, "split.test_size": [0.25, 0.5]}
    board = rank_runs(pd.concat(parts), "accuracy", planned_seeds=range(5), axes=axes)
    assert {line.name for line in make_learning_curves(board).lines} == {"knn, k = 1", "knn, k = 3", "naive_bayes"}
