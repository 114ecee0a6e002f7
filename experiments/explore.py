"""`python experiments/explore.py`: see `--help`."""

import sys

sys.path.insert(0, __file__.removesuffix("explore.py"))  # which python -P leaves out
import _checkout  # noqa: F401

from seedbed.cli import command
from seedbed.config.schema import Explore


@command("explore", Explore)
def main(config: Explore) -> None:
    """Look at the table: pictures, checks, a rule by eye and what models add to it."""
    from seedbed.cli.commands.explore import explore

    print(explore(config).summary())


if __name__ == "__main__":
    main()
