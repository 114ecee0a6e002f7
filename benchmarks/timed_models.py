"""Write the model of one run of each family named, again and again; print the family and the milliseconds of each."""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from stores import DATASET, table

from seedbed.config.schema import Estimator, Train
from seedbed.execution.run import fit, prepare
from seedbed.tracking.model_files import ModelFolders

TIMES = 10

rows = table()
for family in sys.argv[1:]:
    task = prepare(Train(dataset=DATASET, estimator=Estimator(family)), rows)
    fitted, folders, spent = fit(task, rows.whole).estimator, ModelFolders(rows.features), []
    with tempfile.TemporaryDirectory() as place:
        for number in range(TIMES + 1):
            began = time.perf_counter()
            folders.write(fitted, Path(place, str(number)), "", "", family)
            spent.append(time.perf_counter() - began)
    print(family, 1000 * median(spent[1:]))  # the first one also makes what the others share
