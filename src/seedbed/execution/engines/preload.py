"""What the process imports from which a sweep's others are forked, in the way that takes least time."""

from seedbed.estimators.loading import quick_imports

with quick_imports():
    import seedbed.execution.sweep.lifecycle  # noqa: F401
