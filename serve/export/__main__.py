"""`python -m serve.export DIR [overrides]`: see `--help`."""

from serve._checkout import require_checkout

require_checkout()

import re  # noqa: E402
import sys  # noqa: E402

from seedbed.cli import command  # noqa: E402
from seedbed.config.naming import resolve_dataset_name  # noqa: E402
from seedbed.config.schema import Serve  # noqa: E402
from seedbed.errors import BadInput  # noqa: E402
from seedbed.tracking.uris import announce_target  # noqa: E402

USAGE = (
    "Type python -m serve.export DIR: the folder to write comes first, then any overrides, such as dataset.name=iris."
)
# How a page is served is said where it is served.
_ELSEWHERE = ("port", "host", "share", "root_path", "poll_seconds", "auth_file")
_OVERRIDE = re.compile(r"[+~]*[a-z_][\w.@/]*=")
_ABOUT_HYDRA = {"-h", "--help", "--hydra-help", "-c", "--cfg", "-i", "--info", "--version"}


def main() -> None:
    """Take the folder off the command line, leave the rest to Hydra, and write."""
    folder = _take_folder(sys.argv)

    @command("serve", Serve)
    def export(config: Serve) -> None:
        """Write the page on the version that is marked best as a folder that runs alone: python -m serve.export DIR."""
        print(_export(config, folder))

    export()


def _take_folder(words: list[str]) -> str:
    """Take the first word off, which is the folder; end with the usage if it is not one."""
    if len(words) > 1 and words[1].strip() and not words[1].startswith("-") and not _OVERRIDE.match(words[1]):
        return words.pop(1)
    if not _ABOUT_HYDRA & {word.split("=")[0] for word in words}:
        sys.stderr.write(USAGE + "\n")
        sys.exit(BadInput.exit_code)
    return ""


def _export(config: Serve, folder: str) -> str:
    """Write the export and return what to say of it."""
    if typed := [name for name in _ELSEWHERE if getattr(config, name) != getattr(Serve(), name)]:
        raise BadInput(
            f"{typed[0]} says how a page is served; an exported one takes this from its environment, see its README."
        )
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from seedbed.estimators.loading import quick_imports
    from serve.http.settings import Settings

    with quick_imports():
        from serve.model.registry_source import RegistrySource

    name, to = resolve_dataset_name(config.dataset), Path(folder).expanduser().absolute()
    with TemporaryDirectory(prefix="seedbed-export-") as downloads:
        source = RegistrySource(name, config.tracking.uri, Path(downloads), config.trust)
        model = source.load()
        announce_target(name, source.registry.store.uri)
        with quick_imports():
            from serve.export.folder import write_export

        write_export(model, to, Settings.from_config(config))
    return (
        f"The page on version {model.version} of {name} is in {to}.\n"
        "Next: there, `pip install -r requirements.txt` and `python app.py`; its README.md tells how to host it."
    )


if __name__ == "__main__":
    main()
