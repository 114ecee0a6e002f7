"""`python experiments/compare.py`: see `--help`."""

import sys

sys.path.insert(0, __file__.removesuffix("compare.py"))  # which python -P leaves out
import _checkout  # noqa: F401

from seedbed.cli import command
from seedbed.config.schema import Compare


@command("compare", Compare)
def main(config: Compare) -> None:
    """Rank the candidates of a sweep over their seeds: leaderboard, figures, one report."""
    from seedbed.cli.commands.compare import compare

    print(compare(config).summary())


if __name__ == "__main__":
    main()
