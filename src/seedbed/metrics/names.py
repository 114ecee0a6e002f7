"""What columns of scores and predictions are called, and the baseline among the candidates."""

PROBABILITY = "probability/"  # before a class, in predictions
METRIC_COLUMN = "metrics."  # before a metric, in a frame of runs
TIMINGS = ("fit_seconds", "predict_seconds")
GROUP = "group"  # the column of predictions whose equal rows belong together
DUMMY = "dummy"  # the candidate that always predicts the most frequent class of the training rows
DUMMY_LABEL = "most frequent class"
