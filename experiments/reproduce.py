"""`python experiments/reproduce.py`: see `--help`."""

import sys

sys.path.insert(0, __file__.removesuffix("reproduce.py"))  # which python -P leaves out
import _checkout  # noqa: F401

from seedbed.cli import command
from seedbed.config.schema import Reproduce


@command("reproduce", Reproduce)
def main(config: Reproduce) -> None:
    """Do a recorded run again and say whether it is identical; nothing is recorded."""
    from seedbed.cli.commands.reproduce import reproduce

    done = reproduce(config)
    print(done.summary())
    done.require_identical()


if __name__ == "__main__":
    main()
