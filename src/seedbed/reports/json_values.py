"""Every number of a comparison as values for JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.scores import CandidateScore


def comparison_values(analysis: SweepAnalysis) -> dict[str, Any]:
    """Return a comparison as one JSON document; an undefined number is null."""
    board, choice, estimate, unequal = analysis.leaderboard, analysis.choice, analysis.estimate, analysis.unequal
    families = analysis.families
    found = {
        "sweep": analysis.sweep.run_id,
        "name": analysis.sweep.name,
        "dataset": analysis.dataset,
        "digest": analysis.sweep.digest,
        "metric": board.metric.name,
        "direction": board.metric.better,
        "rule": analysis.rule or None,
        "words": analysis.words,
        "checks": dict(analysis.checks),
        "choice": None
        if choice is None
        else {
            **_score_values(choice.row, analysis),
            "given_up": choice.given_up,
            "leader": choice.leader.candidate,
            "tied": [row.candidate for row in choice.tied],
            "grid_ends": [
                {
                    "parameter": edge.axis.key,
                    "side": edge.side,
                    "parameter_ends_there": edge.own_bound,
                    "wider": edge.override,
                }
                for edge in choice.edges
            ],
            "wider_command": analysis.wider,
        },
        "families": [
            {
                **{key: value for key, value in asdict(one).items() if key not in ("key", "winner")},
                **{"winner": one.winner.candidate, "served": one is families.served},
                "no_worse": one.difference is None or one.difference.has_zero,
            }
            for one in families.families
        ]
        if families
        else None,
        "corrected_estimate": None
        if estimate is None
        else {name: value for name, value in asdict(estimate).items() if name != "shares"},
        "holdout": asdict(analysis.holdout) if analysis.holdout else None,
        "learning": _learning_values(analysis),
        "leaderboard": [{"rank": rank, **_score_values(row, analysis)} for rank, row in enumerate(board.rows, start=1)],
        "dummy": _score_values(board.dummy, analysis) if board.dummy else None,
        "baselines": [_score_values(one, analysis) for one in board.baselines],
        "incomplete": [asdict(one) for one in board.incomplete],
        "clearly_worse": [row.candidate for row in board.significantly_worse()],
        "seeds": list(board.seeds),
        "planned_seeds": list(board.planned_seeds),
        "undefined_seeds": list(board.undefined_seeds),
        "folds": analysis.sweep.folds,
        "unequally_tested": unequal and {"words": unequal.words, "override": unequal.override},
        "development_rows": board.development_rows,
    }
    return {key: replace_undefined(value) for key, value in found.items()}


def replace_undefined(value: Any) -> Any:
    """Return a value with null for each number that JSON does not know."""
    if isinstance(value, dict):
        return {str(key): replace_undefined(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [replace_undefined(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _score_values(row: CandidateScore, analysis: SweepAnalysis) -> dict[str, Any]:
    return {**asdict(row), "basis": str(row.basis), "chosen_share": analysis.share(row.candidate)}


def _learning_values(analysis: SweepAnalysis) -> list[dict[str, Any]] | None:
    if analysis.learning is None:
        return None
    return [
        {
            "name": line.name,
            "training_rows": [int(rows) for rows in line.x],
            **{key: getattr(line, key).tolist() for key in ("mean", "low", "high")},
            "train_accuracy": line.train.tolist(),
        }
        for line in analysis.learning.lines
    ]
