"""`python -m serve.export DIR [overrides]`: see `--help`."""

from serve._checkout import require_checkout

require_checkout()

import re  # noqa: E402
import sys  # noqa: E402

from seedbed.cli import command  # noqa: E402
from seedbed.config.naming import resolve_dataset_name  # noqa: E402
from seedbed.config.schema import Serve  # noqa: E402
from seedbed.errors import BadInput, NotDone  # noqa: E402

USAGE = "Type python -m serve.export DIR: the folder to write comes first, then any words, as dataset.name=iris."
# How a page is served is said where it is served.
_ELSEWHERE = ("port", "host", "share", "root_path", "poll_seconds", "auth_file")
_WORD = re.compile(r"[+~]*[a-z_][\w.@/]*=")
_ABOUT_HYDRA = {"-h", "--help", "--hydra-help", "-c", "--cfg", "-i", "--info", "--version"}


def main() -> None:
    """Take the folder off the words, leave the others to Hydra, and write."""
    folder = _taken(sys.argv)

    @command("serve", Serve)
    def export(config: Serve) -> None:
        """Write the page on the version that is marked best as a folder that runs alone: python -m serve.export DIR."""
        print(_written(config, folder))

    export()


def _taken(words: list[str]) -> str:
    """Take the first word off, which is the folder; end with the usage where it is none."""
    if len(words) > 1 and words[1].strip() and not words[1].startswith("-") and not _WORD.match(words[1]):
        return words.pop(1)
    if not _ABOUT_HYDRA & {word.split("=")[0] for word in words}:
        sys.stderr.write(USAGE + "\n")
        sys.exit(BadInput.exit_code)
    return ""


def _written(config: Serve, folder: str) -> str:
    """Write the export and return what to say of it."""
    if typed := [name for name in _ELSEWHERE if getattr(config, name) != getattr(Serve(), name)]:
        raise BadInput(
            f"{typed[0]} says how a page is served; an exported one is told by its environment, see its README."
        )
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from serve.http.importing import quick_imports
    from serve.http.proxy import past_proxies

    with quick_imports():
        from serve.http.settings import Settings
        from serve.model.registry_source import RegistrySource
        from serve.model.source import ModelUnusable

    settings = Settings(**{name: getattr(config, name) for name in Settings.__dataclass_fields__})
    name, to = resolve_dataset_name(config.dataset), Path(folder).expanduser().absolute()
    with TemporaryDirectory(prefix="seedbed-export-") as downloaded:
        source = RegistrySource(name, config.tracking.uri, Path(downloaded))
        source.version()  # nobody waits for gradio to hear that nothing is marked
        with quick_imports(), past_proxies():
            from serve.drawings.gallery import BadPictures
            from serve.export.folder import CannotExport, write_export
        try:
            model = source.load()
            write_export(model, to, settings)
        except (BadPictures, CannotExport) as error:
            raise BadInput(str(error)) from error
        except ModelUnusable as error:
            raise NotDone(str(error)) from error
    return (
        f"The page on version {model.version} of {name} is in {to}.\n"
        "Next: there, `pip install -r requirements.txt` and `python app.py`; its README.md tells how to host it."
    )


if __name__ == "__main__":
    main()
