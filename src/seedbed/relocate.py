"""`python -m seedbed.relocate`: repairs the checkout's store after its folder was moved or copied."""

from __future__ import annotations

from pathlib import Path

from seedbed.tracking.relocation import relocate
from seedbed.tracking.uris import get_database, resolve_uri


def main() -> None:
    """Repair the default store and say what was done."""
    database = get_database(resolve_uri(None, Path.cwd()))
    if database is None or not database.exists():
        print("There is no store to repair.")
        return
    done = relocate(database)
    if done is None:
        print(f"{database} is where it was made; nothing to repair.")
        return
    print(f"{database}: {done.paths} paths rewritten from {', '.join(done.was)}; the store before is {done.backup}.")


if __name__ == "__main__":
    main()
