"""`python experiments/prune.py`: see `--help`."""

import sys

sys.path.insert(0, __file__.removesuffix("prune.py"))  # which python -P leaves out
import _checkout  # noqa: F401

from seedbed.cli import command
from seedbed.config.schema import Prune


@command("prune", Prune)
def main(config: Prune) -> None:
    """Remove the models of runs that are not needed any more, and no record; dry_run=true only says which."""
    from seedbed.cli.commands.prune import prune

    print(prune(config).summary())


if __name__ == "__main__":
    main()
