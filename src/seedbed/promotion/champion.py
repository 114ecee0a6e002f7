"""The champion against a challenger: on the same splits of the same development rows, paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from seedbed.config.candidate import FAMILY_KEYS, SPLIT_SEED, ParamValue, format_params
from seedbed.config.estimator import Estimator
from seedbed.config.families import read_family
from seedbed.config.schema import Preprocess
from seedbed.data.arrays import Floats
from seedbed.data.table import Table
from seedbed.errors import BadInput
from seedbed.execution.run import Runner, Task, compute, prepare
from seedbed.metrics.metric import Metric
from seedbed.metrics.names import METRIC_COLUMN
from seedbed.metrics.predictions import arrange_predictions, make_scorer
from seedbed.promotion.holdout import HoldoutEvaluation, evaluate_holdout
from seedbed.records.records import Holdout, RunRecord, collect_conditions
from seedbed.reports.figures import ConfusionFigure
from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.axes import Axis, format_label
from seedbed.selection.bbc import draw_out_of_bag, number_units
from seedbed.selection.choice import ALL, SEED, Rule, count_resamples, make_pick
from seedbed.selection.inference import TIED, PairedDifference, exceeds_chance, paired_difference
from seedbed.selection.leaderboard import fill_scores
from seedbed.selection.scores import LEAST_SEEDS
from seedbed.tracking.frames import make_frame
from seedbed.tracking.names import Kind, Tags
from seedbed.tracking.reader import find_run, search_runs
from seedbed.tracking.registry import Registry, Version
from seedbed.tracking.writer import RunWriter

_TARGET = "dataset.target"
FOREIGN = "it was not made by Seedbed; keep it, and sweep under another name: dataset.name=NAME"
_CHAMPION = "champion"  # its name among the candidates of a sweep


@dataclass(frozen=True)
class Challenger:
    """A sweep's chosen candidate: its analysis, and its task on the table as it is now.

    Attributes
    ----------
    evaluation : what it gets of the holdout; None without a holdout, and in a dry run.
    writer : writes below the run of kind promotion that this attempt is; None in a dry run, which leaves none.
    """

    analysis: SweepAnalysis
    task: Task
    table: Table
    evaluation: HoldoutEvaluation | None
    writer: RunWriter | None


@dataclass(frozen=True)
class ChampionComparison:
    """What the same splits say of challenger and champion.

    Attributes
    ----------
    seeds, undefined : how many splits have a score of both, and how many have not and are left out.
    difference : mean of the paired differences, positive if the challenger is better.
    paired : with its corrected interval; None with fewer than five seeds or without any spread.
    corrected : the difference once the choice is accounted for (see `bbc`); None if the champion was chosen on the very
        same splits, so that its score is a maximum too.
    holdout : what the champion's candidate, fitted on the challenger's development rows, gets right of the holdout.
    other_data : the champion was chosen on another table, and so had another holdout.
    """

    champion: Version
    label: str
    metric: Metric
    seeds: int
    undefined: int
    difference: float
    paired: PairedDifference | None
    corrected: float | None
    holdout: Holdout | None
    other_data: bool

    @property
    def challenger_wins(self) -> bool:
        """Whether the challenger is better, and not by chance alone; an equal one leaves the alias where it is."""
        error = self.paired.error if self.paired else 0.0
        return self.difference > TIED if self.corrected is None else exceeds_chance(self.corrected, error)

    def describe(self) -> str:
        """Say how the two compare."""
        champion = f"version {self.champion.version}, the champion ({self.label})"
        splits = f"on the same {self.seeds} splits"
        held = self.holdout
        rest = f", {self.undefined} without a score left out" if self.undefined else ""
        rest += self._correction
        rest += f"; of the held-out rows that one gets {held.right} of {held.rows}" if held else ""
        rest += "; it was chosen on another table, with another holdout" if self.other_data else ""
        if abs(self.difference) <= TIED:
            return f"Equal to {champion} {splits}{rest}."
        size = self.metric.format_difference(abs(self.difference))
        side = "better" if self.difference > 0 else "worse"
        return f"Its mean {self.metric.words} is {size} {side} than that of {champion} {splits}{self._interval}{rest}."

    @property
    def _interval(self) -> str:
        if self.paired is None or not self.metric.has_intervals:
            return ""
        interval = self.paired.interval
        return f" (95 % interval of the difference {self.metric.format_changes(interval.low, interval.high)})"

    @property
    def _correction(self) -> str:
        if self.corrected is None or self.paired is None:
            return ""
        size, half = map(self.metric.format_difference, (abs(self.corrected), self.paired.error / 2))
        if size == self.metric.format_difference(0.0) and not self.challenger_wins:
            return "; corrected for the choice there is no difference"
        if self.corrected < 0:
            return f"; corrected for the choice it is {size} worse"
        chance = f"{'' if self.challenger_wins else 'no '}more than chance alone often gives"
        return f"; corrected for the choice it is {size} better, {chance} ({half}, half the standard error)"


def compare_with_champion(registry: Registry, champion: Version, challenger: Challenger) -> ChampionComparison:
    """Compare a sweep's choice with the champion, whose missing runs are done.

    Raises
    ------
    BadInput : the champion is a model of another kind of table or of another program, its candidate cannot be fitted
        on these splits, or too few of them have a score of both.
    FitFailed : what only fitting its candidate reveals.
    """
    params = registry.read_params(champion)
    if params is None:
        raise BadInput(FOREIGN)
    table, analysis = challenger.table, challenger.analysis
    target, mine = params.get(_TARGET), challenger.task.params[_TARGET]
    if target not in (None, mine):
        raise BadInput(f"it predicts {target}, and this sweep {mine}")
    task = _build_task(params, challenger.task, table)
    sweep, board, choice = analysis.sweep, analysis.leaderboard, analysis.choice
    assert choice is not None
    runs = sweep.runs[sweep.runs["candidate"] == task.candidate]
    own = dict(zip(choice.row.seeds, choice.row.scores, strict=True))
    column = METRIC_COLUMN + board.metric.name
    logged = dict(zip(runs["seed"], runs.get(column, np.full(len(runs), np.nan)), strict=True))
    missing = [seed for seed in own if seed not in logged]
    records = dict(zip(missing, _run(task, missing, challenger), strict=True))
    logged |= {seed: record.metrics.get(board.metric.name, np.nan) for seed, record in records.items()}
    tests = _collect_predictions(sweep.predictions, task.candidate, records)
    frame = pd.DataFrame({"candidate": _CHAMPION, "seed": list(logged), column: list(logged.values())})
    theirs = dict(zip(logged, fill_scores(frame, board.metric, tests)[column], strict=True))
    differences = board.metric.sign * np.array([own[seed] - theirs[seed] for seed in sorted(own)])
    differences, planned = differences[~np.isnan(differences)], len(differences)
    same = all(task.params.get(key) == challenger.task.params.get(key) for key in FAMILY_KEYS) and _is_chosen_alike(
        registry, champion, analysis
    )
    if len(differences) < (least := 1 if same else LEAST_SEEDS):
        few = f"{len(differences)} of the {planned} splits have a score of both"
        raise BadInput(f"{few}, and {least} are needed to tell a difference from chance; sweep more split seeds")
    ratio = choice.row.test_train_ratio
    evaluation = evaluate_holdout(task, table) if challenger.evaluation else None
    return ChampionComparison(
        champion=champion,
        label=_describe_task(task, challenger.task),
        metric=board.metric,
        seeds=len(differences),
        undefined=planned - len(differences),
        difference=float(np.mean(differences)),
        paired=paired_difference(differences, ratio) if len(differences) >= LEAST_SEEDS else None,
        corrected=None if same else _correct(analysis, tests, differences),
        holdout=evaluation.holdout if evaluation else None,
        other_data=champion.tags.get(Tags.DIGEST, "") != sweep.digest,
    )


def _run(task: Task, seeds: Sequence[int], challenger: Challenger) -> list[RunRecord]:
    """Run a candidate on some splits; recorded, unless in a dry run."""
    table, writer, figure = challenger.table, challenger.writer, ConfusionFigure(challenger.table.classes)
    configs = (replace(task.config, split=replace(task.config.split, seed=seed)) for seed in seeds)
    tasks = [prepare(config, table) for config in configs]
    if writer is None:
        return [compute(each, table, figure)[0] for each in tasks]
    runner = Runner.of(table, writer, Kind.PROMOTION, trust=task.config.trust)
    return [runner.run(each)[1] for each in tasks]


def _is_chosen_alike(registry: Registry, champion: Version, analysis: SweepAnalysis) -> bool:
    """Say whether the champion was chosen by the same metric on the same splits of the same table, in a sweep there is.

    Its score is a maximum then, as the challenger's is; a move by hand, or to a run's own model, chose nothing.
    """
    tags, basis = champion.tags, champion.description.partition("\n")[0].rstrip(".")
    metric = tags.get(Tags.METRIC) or basis.rpartition(" ")[2]  # earlier code wrote no tag of it
    by_rule = registry.list_moves(champion.name)[-1]["rule"] in list(Rule)
    if not by_rule or metric != analysis.leaderboard.metric.name:
        return False
    try:
        found = find_run(registry.store, champion.name, tags.get(Tags.SWEEP, ""), Kind.SWEEP)
    except BadInput:
        return False
    runs = list(search_runs(registry.store, found.experiment, kind=Kind.RUN, parent=found.run_id, finished=True))
    return bool(runs) and collect_conditions(make_frame(runs)) == collect_conditions(analysis.sweep.runs)


def _collect_predictions(known: pd.DataFrame, candidate: str, records: Mapping[int, RunRecord]) -> pd.DataFrame:
    """Return the champion's test predictions under its name: those of a sweep that has its candidate, and new ones."""
    new = [record.predictions.assign(run="", seed=seed) for seed, record in records.items()]
    return pd.concat([known[known["candidate"] == candidate], *new]).assign(candidate=_CHAMPION)


def _correct(analysis: SweepAnalysis, champion: pd.DataFrame, differences: Floats) -> float:
    """Return the mean difference to the champion on rows not drawn, the choice being made anew in each draw.

    Of several families in the one that is served: which that is, the draws together say.
    """
    sweep, board, choice = analysis.sweep, analysis.leaderboard, analysis.choice
    assert choice is not None
    predictions = pd.concat([sweep.predictions, champion])
    tests = arrange_predictions(predictions, [*board.order.candidates, _CHAMPION], board.seeds)
    span = board.spans[analysis.families.served.key] if analysis.families else ALL
    scorer, pick = make_scorer(board.metric, tests.classes), make_pick(board, choice.rule, span)
    if scorer is None:  # a metric of another program, which test rows alone do not give
        return float(np.mean(differences))
    units = number_units(sweep.predictions, tests.rows)
    draws = count_resamples(board.metric)
    scores = draw_out_of_bag(tests, scorer, pick, draws, SEED, units, against_last=True)[1]
    return board.metric.sign * float(np.mean(scores[~np.isnan(scores)]))


def _describe_task(task: Task, other: Task) -> str:
    """Return a task's candidate by the params that differ from another's or, of another estimator, from its usual."""
    estimator, usual = task.config.estimator, dict(other.params)
    if any(task.params.get(key) != other.params.get(key) for key in FAMILY_KEYS):
        usual |= {f"estimator.{name}": value for name, value in read_family(estimator.name).defaults.items()}
    own, known = format_params(task.params), format_params(usual)
    axes = [Axis(key, (), estimator.name) for key in own if own[key] != known.get(key) and key != SPLIT_SEED]
    return format_label(task.params, axes) if axes else "the same candidate"


def _build_task(params: Mapping[str, ParamValue], challenger: Task, table: Table) -> Task:
    """Return the champion's candidate on the challenger's table and split."""
    groups = {
        group: {key.removeprefix(f"{group}."): value for key, value in params.items() if key.startswith(f"{group}.")}
        for group in ("preprocess", "estimator")
    }
    preprocess, estimator = Preprocess(**groups["preprocess"]), Estimator(**groups["estimator"])  # type: ignore[arg-type]
    trust = [*challenger.config.trust, estimator.target]  # it was loaded as the champion
    config = replace(challenger.config, preprocess=preprocess, estimator=estimator, trust=trust)
    return prepare(config, table)
