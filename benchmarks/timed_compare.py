"""Compare a store's newest sweep as the verb does; print how long that took, imports apart, in seconds."""

import sys
import time

from seedbed.cli.commands.compare import compare
from seedbed.config.dataset import Dataset
from seedbed.config.schema import Compare, Tracking

uri = sys.argv[1]
config = Compare(dataset=Dataset(path="package:iris.csv", target="variety", name="iris"), tracking=Tracking(uri=uri))
began = time.perf_counter()
runs = len(compare(config).comparison.analysis.leaderboard.rows)
print(runs, time.perf_counter() - began)
