"""The kinds of arrays that the library computes with, by the name of what they hold."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.object_]  # class names, or what a group column says, one a row
Rows = npt.NDArray[np.intp]  # row numbers from 0
Codes = npt.NDArray[np.intp]  # each row's class as its index in the table's classes
