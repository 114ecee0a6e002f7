"""What columns of scores and predictions are called, and the baselines among the candidates."""

PROBABILITY = "probability/"  # before a class, in predictions
METRIC_COLUMN = "metrics."  # before a metric, in a frame of runs
TIMINGS = ("fit_seconds", "predict_seconds")
GROUP = "group"  # the column of predictions whose equal rows belong together
DUMMY = "dummy"  # the candidate that always predicts the most frequent class of the training rows
DUMMY_LABEL = "most frequent class"
BASELINE = "baseline/"  # before the name of an estimator, the candidate that has its defaults


def is_baseline(candidate: str) -> bool:
    """Say whether a candidate is a baseline, which never competes: the dummy classifier, or a model with defaults."""
    return candidate == DUMMY or candidate.startswith(BASELINE)
