"""`python experiments/train.py`: see `--help`."""

import sys

sys.path.insert(0, __file__.removesuffix("train.py"))  # which python -P leaves out
import _checkout  # noqa: F401

from seedbed.cli import command
from seedbed.config.schema import Train


@command("train", Train)
def main(config: Train) -> None:
    """Fit, evaluate and record one run; with -m, a sweep of them."""
    from seedbed.cli.commands.train import train

    print(train(config).summary())


if __name__ == "__main__":
    main()
