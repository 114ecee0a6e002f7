"""`python experiments/predict.py`: see `--help`."""

import sys

sys.path.insert(0, __file__.removesuffix("predict.py"))  # which python -P leaves out
import _checkout  # noqa: F401

from seedbed.cli import command
from seedbed.config.schema import Predict


@command("predict", Predict)
def main(config: Predict) -> None:
    """Predict each row of a file by the version that is marked best: input=FILE to=FILE, CSV or Parquet."""
    from seedbed.cli.commands.predict import predict

    done = predict(config)
    print(done.summary(), file=done.stream)
    done.require_all()


if __name__ == "__main__":
    main()
