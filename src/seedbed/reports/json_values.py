"""Every number of a comparison as values for JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from seedbed.selection.analysis import SweepAnalysis
from seedbed.selection.scores import CandidateScore


def numbers_of(verdict: SweepAnalysis) -> dict[str, Any]:
    """Return a comparison as one JSON document; an undefined number is null."""
    board, choice, estimate = verdict.leaderboard, verdict.choice, verdict.estimate
    found = {
        "sweep": verdict.sweep.run_id,
        "name": verdict.sweep.name,
        "dataset": verdict.dataset,
        "digest": verdict.sweep.digest,
        "metric": board.metric.name,
        "direction": board.metric.better,
        "rule": verdict.rule or None,
        "words": verdict.words,
        "choice": None
        if choice is None
        else {
            **_row(choice.row, verdict),
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
            "wider_command": verdict.wider,
        },
        "corrected_estimate": None
        if estimate is None
        else {name: value for name, value in asdict(estimate).items() if name != "shares"},
        "holdout": asdict(verdict.holdout) if verdict.holdout else None,
        "learning": _learning(verdict),
        "leaderboard": [{"rank": rank, **_row(row, verdict)} for rank, row in enumerate(board.rows, start=1)],
        "dummy": _row(board.dummy, verdict) if board.dummy else None,
        "incomplete": [asdict(one) for one in board.incomplete],
        "clearly_worse": [row.candidate for row in board.significantly_worse()],
        "seeds": list(board.seeds),
        "planned_seeds": list(board.planned_seeds),
        "undefined_seeds": list(board.undefined_seeds),
        "folds": verdict.sweep.folds,
        "unequally_tested": verdict.unequal and {"words": verdict.unequal.words, "override": verdict.unequal.override},
        "development_rows": board.development_rows,
    }
    return {key: finite(value) for key, value in found.items()}


def finite(value: Any) -> Any:
    """Return a value with null for each number that JSON does not know."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _row(row: CandidateScore, verdict: SweepAnalysis) -> dict[str, Any]:
    return {**asdict(row), "basis": str(row.basis), "chosen_share": verdict.share(row.candidate)}


def _learning(verdict: SweepAnalysis) -> list[dict[str, Any]] | None:
    if verdict.learning is None:
        return None
    return [
        {
            "name": line.name,
            "training_rows": [int(rows) for rows in line.x],
            "mean": line.mean.tolist(),
            "low": line.low.tolist(),
            "high": line.high.tolist(),
            "train_accuracy": line.trained.tolist(),
        }
        for line in verdict.learning.lines
    ]
