"""A sweep read, ranked and reported: its reference comes in; its analysis, a report and a run of MLflow's go out."""
