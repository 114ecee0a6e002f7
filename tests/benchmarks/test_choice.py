"""On tables whose truth is known, the choice shows what is true of it; 300 tables of each kind."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

from seedbed.selection.choice import Rule, choose, estimate_choice

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
RULE = Rule.HIGHEST_MEAN
KNOWN = ["Iris-like", "overlapping", "small patches"]
SHUFFLED = "shuffled labels"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """Return the benchmark's modules, which import one another by their bare names."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    names = ("populations", "choice", "choice_found", "choice_words", "part_choice")
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    sys.path.remove(str(FOLDER))
    for name in set(sys.modules) - before:
        if is_of(FOLDER, sys.modules[name]):
            del sys.modules[name]


def is_of(folder: Path, module: ModuleType) -> bool:
    """Say whether a module is a file of a folder."""
    return Path(getattr(module, "__file__", None) or "/").parent == folder


@pytest.fixture(scope="module")
def size(bench: Any) -> Any:
    """Fewer resamples and new rows than the benchmark takes: both only add noise, which the tolerances know of."""
    return bench.choice.Size(replications=300, resamples=200, truth=333)


@pytest.fixture(scope="module")
def found(bench: Any, size: Any) -> dict[str, Any]:
    """Return what was found in each population."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return {one.name: bench.choice_found.simulate(one, size) for one in bench.populations.populations()}


@pytest.mark.parametrize("name", [*KNOWN, SHUFFLED])
def test_the_holdout_says_what_is_true_of_the_model_that_it_scored(bench: Any, found: Any, name: str) -> None:
    for rule in bench.choice.RULES:
        for check in (bench.choice_found.holdout_bias, bench.choice_found.holdout_coverage):
            assert check(found[name], rule).holds, check(found[name], rule)


@pytest.mark.parametrize("name", [*KNOWN, SHUFFLED])
def test_hardly_any_leaderboard_calls_a_candidate_worse_that_is_not(bench: Any, found: Any, name: str) -> None:
    """Of 300 tables up to 25 may by chance be wrong where 5 % are (binomial, 99.5 %)."""
    assert found[name].wrongly_worse() <= 25 / 300
    assert name != "small patches" or np.mean([len(worse) for _, worse in found[name].named]) > 1


@pytest.mark.parametrize("name", ["Iris-like", "overlapping"])
@pytest.mark.parametrize("rule", list(Rule))
def test_the_corrected_estimate_is_near_and_rather_careful(bench: Any, found: Any, name: str, rule: Rule) -> None:
    assert bench.choice_found.corrected_bias(found[name], rule).holds


@pytest.mark.parametrize("rule", list(Rule))
def test_on_small_patches_the_rows_that_a_split_lacks_cost_more_than_the_promise(
    bench: Any, found: Any, rule: Rule
) -> None:
    """The served model has half as many rows again as those that were tested: only against these is it near."""
    low, high = bench.choice_found.BIAS
    assert found["small patches"].error(rule, bench.choice.Way.CORRECTED).mean() <= high
    assert low <= found["small patches"].against_trained(rule).mean() <= high


@pytest.mark.parametrize("name", [*KNOWN, SHUFFLED])
@pytest.mark.parametrize("rule", list(Rule))
def test_the_corrected_interval_covers(bench: Any, found: Any, name: str, rule: Rule) -> None:
    assert bench.choice_found.corrected_coverage(found[name], rule).holds


@pytest.mark.parametrize("name", KNOWN)
def test_the_highest_single_run_promises_too_much(bench: Any, found: Any, name: str) -> None:
    optimism = found[name].error(bench.choice.SINGLE, bench.choice.Way.AS_IT_IS)
    assert optimism.mean() >= bench.choice_found.OPTIMISM


@pytest.mark.parametrize("rule", list(Rule))
def test_where_nothing_can_be_known_the_corrected_estimate_is_chance(bench: Any, found: Any, rule: Rule) -> None:
    shown = found[SHUFFLED].shown[rule, bench.choice.Way.CORRECTED][:, 0]
    assert abs(shown.mean() - 1 / 3) <= bench.choice_found.NEAR_CHANCE


@pytest.mark.parametrize("rule", list(Rule))
def test_the_short_way_gives_what_the_library_says_of_the_same_sweep(bench: Any, rule: Rule) -> None:
    sweep = some_sweep(bench)
    leaderboard = of_the_library(bench, sweep)
    said = estimate_choice(predictions_of(sweep), leaderboard, rule, resamples=50)
    shown = bench.choice.corrected(sweep, rule, 50)
    chosen = choose(leaderboard, rule)
    as_it_is = bench.choice.as_it_is(sweep, rule, bench.choice.choice(sweep, rule))
    assert chosen.candidate == bench.choice.CANDIDATES[bench.choice.choice(sweep, rule)]
    assert (as_it_is.value, as_it_is.low, as_it_is.high) == pytest.approx(
        (chosen.row.score, chosen.row.low, chosen.row.high)
    )
    assert said is not None
    assert (shown.value, shown.low, shown.high) == pytest.approx((said.value, said.low, said.high))


def test_all_neighbours_at_once_predict_what_scikit_learn_does(bench: Any) -> None:
    population = bench.populations.overlapping()
    features, labels = population.draw(np.random.default_rng(0), 50)
    new, _ = population.draw(np.random.default_rng(1), 50)
    near = labels[bench.populations.by_distance(new, features)[:, : bench.populations.MOST]]
    keys = bench.populations.near_keys(new, features, labels)
    for k in (1, 2, 5, 30):
        expected = KNeighborsClassifier(k).fit(features, labels).predict(new)
        assert np.array_equal(bench.populations.votes(near)[:, k - 1], expected)
        assert np.array_equal(bench.populations.votes(bench.populations.nearest(keys.copy()))[:, k - 1], expected)


def test_the_expected_coverage_is_the_binomials(bench: Any) -> None:
    # Of 2 rows, 0 right covers up to 0.66 and 2 right from 0.34 on; 1 right covers 0.095 to 0.905.
    expected = bench.choice_found.expected_coverage(np.array([0.5, 0.05, 1.0]), 2)
    assert expected == pytest.approx([1.0, 0.95**2, 1.0])


def test_a_broken_promise_is_said(bench: Any, found: Any, size: Any) -> None:
    outcome = bench.part_choice.outcome(list(found.values()), size)
    text = outcome.files["choice.md"].decode()
    said = [check for one in found.values() for check in bench.choice_found.checks(one)]
    assert text.count("**no**") == sum(not check.holds for check in said)
    assert [claim.what for claim in outcome.claims if not claim.holds] == ["corrected estimate: bias, the lowest"]
    assert outcome.files["choice.png"].startswith(b"\x89PNG")


def some_sweep(bench: Any) -> Any:
    """Return a sweep of a table, with every test that it did."""
    plan = bench.choice.plan(0)
    features, labels = bench.populations.overlapping().draw(np.random.default_rng(7), bench.choice.EACH)
    return bench.choice.sweep_of(features[plan.development], labels[plan.development], plan.parts)


def of_the_library(bench: Any, sweep: Any) -> Any:
    """Return the sweep's leaderboard, from runs as tables."""
    from seedbed.selection.leaderboard import rank_runs

    seeds, candidates = sweep.scores.shape
    runs = [
        {
            "run": f"{place}-{seed}",
            "candidate": sweep.predictions.candidates[place],
            "seed": seed,
            "n_train": 96,
            "n_test": 24,
            "params.estimator.n_neighbors": place + 1,
            "metrics.accuracy": sweep.scores[seed, place],
        }
        for seed in range(seeds)
        for place in range(candidates)
    ]
    return rank_runs(
        pd.DataFrame(runs),
        "accuracy",
        planned_seeds=range(seeds),
        axes={"estimator.n_neighbors": list(range(1, candidates + 1))},
        predictions=predictions_of(sweep),
    )


def predictions_of(sweep: Any) -> pd.DataFrame:
    """Return the sweep's tests as the table that a sweep records."""
    frames = [
        pd.DataFrame(
            {
                "run": f"{place}-{seed}",
                "candidate": name,
                "seed": seed,
                "row": sweep.predictions.rows[split.index],
                "truth": split.truth[:, 0].astype(str),
                "prediction": split.prediction[:, place].astype(str),
            }
        )
        for seed, split in enumerate(sweep.predictions.splits)
        for place, name in enumerate(sweep.predictions.candidates)
    ]
    return pd.concat(frames, ignore_index=True)
