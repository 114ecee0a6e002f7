"""The pieces of the benchmark that need no measurement: words, claims, blocks, records, results."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch):
    """Import a module of the benchmark by its plain name, as its own modules do; none of them stays behind."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    before = set(sys.modules)

    def imported(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield imported
    for name in set(sys.modules) - before:
        if BENCHMARKS in Path(getattr(sys.modules[name], "__file__", None) or "/").parents:
            del sys.modules[name]


def a_claim(module, **given):
    return module("claims").Claim(
        **{"what": "one against another", "command": "make bench", "measured": [1.0], **given}
    )


class TestClaim:
    def test_compares_the_median_with_the_promise(self, module):
        assert a_claim(module, measured=[0.9, 1.0, 7.0], limit=1.1).holds is True
        assert a_claim(module, measured=[0.9, 1.2, 7.0], limit=1.1).holds is False
        assert a_claim(module, measured=[199, 201, 203], limit=200, at_least=True).holds is True
        assert a_claim(module, measured=[1.0]).holds is None

    def test_writes_three_digits_and_the_spread(self, module):
        assert a_claim(module, measured=[212.34, 1.0049, 1230.0]).words == "212× (1.00 to 1,230)"
        assert a_claim(module, measured=[0.53567]).words == "0.536×"

    def test_divides_within_rounds(self, module):
        assert module("claims").ratios([2, 9], [1, 3]) == [2, 3]


class TestOptions:
    known = {"speed": {"rounds": 3, "sweep": 300}, "start": {"rounds": 3}}

    def test_without_words_everything_is_measured_and_written(self, module, tmp_path):
        options = module("options").read([], self.known, tmp_path)
        assert (options.parts, options.folder) == (("speed", "start"), tmp_path)

    def test_parts_and_sizes(self, module, tmp_path):
        options = module("options").read(["start", "rounds=1"], self.known, tmp_path)
        assert (options.parts, options.sizes, options.folder) == (("start",), {"rounds": 1, "sweep": 300}, None)

    @pytest.mark.parametrize("word", ["sped", "rounds=0", "rounds=x", "to=", "speed=1"])
    def test_an_unknown_word_says_what_there_is(self, module, tmp_path, word):
        options = module("options")
        with pytest.raises(options.UnknownWord, match=r"speed, start.*rounds=N, sweep=N"):
            options.read([word], self.known, tmp_path)


class TestRecords:
    frame = pd.DataFrame({"row": [3, 1], "truth": ["a", "b"], "prediction": ["a", "a"], "probability/a": [1.0, 0.5]})

    def test_numbers_and_texts(self, module):
        compare = module("same_records").of_numbers
        assert (
            list(compare("metric", {"a": 1.0, "b": np.nan, "c": None}, {"a": 1 + 1e-13, "b": np.nan, "c": None})) == []
        )
        assert list(compare("metric", {"a": 1.0}, {"a": 1 + 1e-9})) == ["metric a is 1.0 and 1.000000001"]
        assert list(compare("param", {"p": "x"}, {"p": "y", "q": 1})) == [
            "param p is x and y",
            "param q is only on one side",
        ]

    def test_predictions_in_any_order(self, module):
        compare = module("same_records").of_predictions
        assert list(compare(self.frame.iloc[::-1], self.frame)) == []
        assert list(compare(self.frame.assign(prediction="b"), self.frame))

    def test_tags_are_alike_in_two_stores(self, module):
        compare, mine = module("same_records").of_tags, {"seedbed.kind": "run", "mlflow.parentRunId": "a"}
        assert list(compare({"seedbed.kind": "run", "mlflow.parentRunId": "b", "other": "c"}, mine)) == []
        assert list(compare({"mlflow.parentRunId": "b"}, mine)) == ["the tag seedbed.kind is '' and 'run'"]

    def test_a_rival_without_runs_or_with_others(self, module, monkeypatch):
        records = module("same_records")
        monkeypatch.setattr(records, "runs_of", lambda place: place)
        assert records.differences("floor", {}, {(1, 0): "run"}) == ["floor has no complete run"]
        assert "(2, 0)" in records.differences("floor", {(2, 0): "run"}, {(1, 0): "run"})[0]


class TestSpeed:
    def test_grids(self, module):
        grid = module("part_speed").Grid.of
        assert [grid(runs).runs for runs in (1, 2, 9, 10, 30, 300)] == [1, 2, 9, 10, 30, 300]
        assert grid(300).axes == ["estimator.n_neighbors=range(1,31)", "split.seed=range(0,10)"]

    def test_a_cost_leaves_the_start_out(self, module):
        assert module("stores").cost_by_stamps([9.0, 9.5, 10.0, 10.5], 1) == pytest.approx(0.5)

    def test_every_claim_of_one_round(self, module):
        speed = module("part_speed")
        who = speed.rivals(speed.SIZES)
        found = {name: [speed.Measured(10.0, 2.0)] for name in who}
        assert {claim.median for claim in speed.claims(found, who)} == {1.0}
        assert len(speed.facts(found, who)) == len(who) + 5

    def test_every_other_round_is_in_reverse(self, module, monkeypatch):
        speed = module("part_speed")
        taken = []
        monkeypatch.setattr(speed, "of_one", lambda shop, rival: (speed.Measured(1.0, 1.0), None))
        monkeypatch.setattr(speed, "differences", lambda name, theirs, mine: [])
        speed.measure(None, {**speed.SIZES, "rounds": 2}, lambda words: taken.append(words.partition(": ")[2]))
        order = list(speed.rivals(speed.SIZES))
        measured = [words.rpartition(", ")[0] for words in taken if words.endswith(" runs")]
        assert measured == [*order, *order[::-1]]

    def test_rivals_are_there_and_compile(self, module):
        for file in sorted((BENCHMARKS / "rivals").glob("*.py")):
            compile(file.read_text(encoding="utf-8"), file, "exec")


class TestTurns:
    # What a command leaves while it is at work: the moment, every few milliseconds, of a child of its own too.
    works = (
        "import os, sys, time\n"
        "child = os.fork()\n"
        "if not child: sys.argv[1] += '-child'\n"
        "with open(sys.argv[1], 'w') as file:\n"
        "    for _ in range(int(sys.argv[2])): time.sleep(0.002); print(time.time(), file=file, flush=True)\n"
        "if child: os.waitpid(child, 0)\n"
    )

    def command(self, folder, count):
        folder.mkdir()
        return [sys.executable, "-c", self.works, "moments", str(count)], folder

    def test_only_one_command_is_at_work_with_all_its_processes(self, module, tmp_path):
        commands = {name: self.command(tmp_path / name, 150) for name in ("one", "other")}
        turns = module("turns").in_turns(commands, 0.1)
        for name, others in (("one", "other"), ("other", "one")):
            assert len(turns[name].spans) > 1
            for file in ("moments", "moments-child"):
                moments = [float(line) for line in (tmp_path / name / file).read_text().split()]
                assert len(moments) == 150
                assert not [m for m in moments if any(a + 0.02 < m < b - 0.02 for a, b in turns[others].spans)]

    def test_a_command_that_fails_ends_the_others(self, module, tmp_path):
        commands, turns = module("commands"), module("turns")
        moments = tmp_path / "works" / "moments"
        waits = f"import os, time\nwhile not os.path.exists({str(moments)!r}): time.sleep(0.01)\n"
        fails = ([sys.executable, "-c", f"{waits}raise SystemExit('no such store')"], tmp_path)
        with pytest.raises(commands.CommandFailed, match="no such store"):
            turns.in_turns({"works": self.command(tmp_path / "works", 10_000), "fails": fails}, 0.1)
        before = moments.read_text()
        time.sleep(0.05)
        assert moments.read_text() == before

    def test_time_at_work_leaves_out_the_others_turns(self, module):
        turns = module("turns").Turns([(10.0, 11.0), (12.0, 13.0), (14.0, 14.5)])
        assert turns.seconds == 2.5
        assert [turns.until(moment) for moment in (9.0, 10.5, 11.5, 12.25, 20.0)] == [0.0, 0.5, 1.0, 1.25, 2.5]

    def test_a_run_is_the_difference_of_two_sweeps_in_time_at_work(self, module):
        floor, of = module("part_floor"), module("turns").Turns
        small, large = (of([(0.0, 4.0)]), [3.0, 4.0]), (of([(0.0, 5.0), (9.0, 14.0)]), [2.0, *range(3, 11)])
        cost = floor.cost(small, large)
        assert (cost.run, cost.stamped) == (pytest.approx(6 / 7), 1.0)
        found = {"floor": [cost], "seedbed": [floor.Cost(cost.run * 1.2, 1.05)]}
        claims = floor.outcome(found, 2, 9).claims
        assert [claim.holds for claim in claims] == [False, None]
        assert [claim.median for claim in claims] == [pytest.approx(1.2), 1.05]


def test_growth_finds_a_cost_that_grows_and_a_machine_that_slows(module):
    outcome = module("part_growth").outcome
    even = list(np.arange(1000) * 0.1)
    assert outcome(even, [1.0] * 1000, 1000).claims[0].measured == pytest.approx([1, 1, 1])
    growing = list(np.cumsum(np.linspace(0.1, 0.2, 1000)))
    assert outcome(growing, [1.0] * 1000, 1000).claims[0].holds is False
    slowing = outcome(growing, list(np.linspace(0.1, 0.2, 1000)), 1000)
    assert slowing.claims[1].measured == pytest.approx([1, 1, 1], abs=0.02)


def test_memory_counts_children(module):
    commands = module("commands")
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert len(commands.tree(process.pid)) == 2
        assert commands.memory_of(process.pid) > 2_000_000
        process.stdin.write(b"\n")
        process.stdin.close()
    assert os.getpid() in commands.tree(os.getpid())


def test_results_are_a_table_and_a_picture(module, tmp_path):
    claims, results = module("claims"), module("results")
    kept, broken = a_claim(module, limit=1.1), a_claim(module, measured=[150, 160.0], limit=200, at_least=True)
    fact = claims.Fact(what="one", measured=[1.0, 2.0], unit=" s")
    outcomes = {"speed": claims.Outcome(claims=[kept, broken], facts=[fact], wrong=["floor: no figure"])}
    results.write(outcomes, tmp_path)
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert (
        "at most 1.1×" in text and "**no**" in text and "1.50 s (1.00 to 2.00)" in text and "floor: no figure" in text
    )
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_word_ends_with_code_2(module):
    done = subprocess.run([sys.executable, str(BENCHMARKS), "sped"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("sped is neither a part (")


def test_floor_draws_what_changes_over_what_it_kept(module, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS / "rivals")
    figure = module("floor_parts").HeatMap(["a", "b", "c"])
    one, other = np.diag([8, 8, 8]), np.array([[8, 0, 0], [0, 7, 1], [0, 0, 8]])
    first, second = figure.png(one), figure.png(other)
    assert first != second and figure.draw(one) == first == figure.png(one)


def test_floor_counts_as_scikit_learn_does(module, monkeypatch):
    from sklearn.metrics import f1_score, log_loss

    monkeypatch.syspath_prepend(BENCHMARKS / "rivals")
    counts = np.array([[3, 1], [2, 4]])
    truth, taken = [0] * 4 + [1] * 6, [0, 0, 0, 1, 0, 0, 1, 1, 1, 1]
    told = np.linspace(0.1, 1.0, 10)
    scores, report = module("floor_parts").scores_of(counts, ["a", "b"], told)
    assert scores["macro_f1"] == pytest.approx(f1_score(truth, taken, average="macro"), abs=1e-12)
    chances = np.column_stack([np.where(np.array(truth) == k, told, 1 - told) for k in (0, 1)])
    assert scores["log_loss"] == pytest.approx(log_loss(truth, chances), abs=1e-12)
    assert report["a"]["support"] == 4


def test_sizes_are_held_against_one_another_and_written_as_a_table(module):
    large = module("part_large")
    grown = [
        large.Grown(rows, rows * 10, rows / 100, 1.0, rows / 1000, 0.5, rows * 1e-4, 1)
        for rows in (1000, 10_000, 100_000)
    ]
    found = large.outcome(grown, large.SIZES, (20.0, 11.0))
    assert [claim.holds for claim in found.claims] == [True] * 6
    assert found.claims[-1].measured == [16.5]
    assert "| 100,000 | 1,000,000" in found.files["large.md"].decode()
    grown[-1] = large.Grown(100_000, 1_000_000, 1e3, 4.1, 200.0, None, 20.0, 2)
    slow = large.outcome(grown, large.SIZES, (20.0, 9.0)).claims
    assert [claim.holds for claim in slow] == [False] * 5


def test_a_large_table_is_the_same_each_time_and_tells_its_classes(module, tmp_path):
    make_table = module("large_table").make_table
    one, other = make_table(300, 4), make_table(300, 4)
    pd.testing.assert_frame_equal(one, other)
    centres = one.groupby("class").mean()
    assert (centres["c00"].max() - centres["c00"].min()) > 0.3 and len(centres) == 3
