"""`python experiments/promote.py`: see `--help`."""

import sys

sys.path.insert(0, __file__.removesuffix("promote.py"))  # which python -P leaves out
import _checkout  # noqa: F401

from seedbed.cli import command
from seedbed.config.schema import Promote


@command("promote", Promote)
def main(config: Promote) -> None:
    """Choose the best candidate of a sweep, register it and mark it best; or mark a run's own model."""
    from seedbed.cli.commands.promote import promote

    print(promote(config).summary())


if __name__ == "__main__":
    main()
