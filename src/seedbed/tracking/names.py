"""The names under which a store keeps things: artifacts, tags, kinds of runs. They never change."""

from enum import StrEnum

NAME_SEPARATOR = " · "  # in the name of a sweep's run, before what only MLflow's list shows


class RunFiles(StrEnum):
    """The artifacts of a run and of a sweep's parent, by name."""

    FIGURE = "confusion_matrix.png"
    REPORT = "classification_report.json"
    PREDICTIONS = "predictions.csv"
    CONFIG = "config.yaml"
    SWEEP_PREDICTIONS = "predictions.parquet"
    GRID = "grid.json"
    CHECKS = "checks.json"
    PATCH = "uncommitted.patch"
    LEADERBOARD = "leaderboard.csv"
    COMPARISON = "report.html"
    EXPLORATION = "explore.html"
    TABLE = "table.parquet"


class Tags(StrEnum):
    """The tags of runs, experiments and model versions."""

    KIND = "seedbed.kind"
    PARENT = "mlflow.parentRunId"
    CANDIDATE = "seedbed.candidate"
    FINGERPRINT = "seedbed.fingerprint"
    ERROR = "seedbed.error"
    DIRTY = "seedbed.git_dirty"
    COMMIT = "mlflow.source.git.commit"
    STORE = "seedbed.store"
    SWEEP = "seedbed.sweep"
    CODE = "seedbed.code"
    DIGEST = "seedbed.digest"
    RUN = "seedbed.run"
    PARAMS = "seedbed.params"
    HOLDOUT_KEY = "seedbed.holdout_key"
    HOLDOUT_READS = "seedbed.holdout_reads"
    MOVE = "seedbed.move"
    NOTE = "mlflow.note.content"
    METRIC = "seedbed.metric"
    RULE = "seedbed.rule"
    HOLDOUT_ROWS = "seedbed.holdout_rows"
    HOLDOUT_RIGHT = "seedbed.holdout_right"
    COPY = "seedbed.copy"
    PRUNED = "seedbed.pruned"
    OWNER = "seedbed.owner"
    HEARTBEAT = "seedbed.heartbeat"
    DUPLICATE = "seedbed.duplicate"
    TIMED_RUN = "seedbed.timed_run"  # of which a run has the timings, as one search served both


class Kind(StrEnum):
    """What a run of MLflow is to Seedbed."""

    RUN = "run"
    BASELINE = "baseline"
    SWEEP = "sweep"
    EXPLORATION = "exploration"
    COMPARISON = "comparison"
    PROMOTION = "promotion"
