"""`python -m serve`: see `--help`."""

from serve._checkout import require_checkout

require_checkout()

from seedbed.cli import command  # noqa: E402
from seedbed.config.naming import resolve_dataset_name  # noqa: E402
from seedbed.config.schema import Serve  # noqa: E402
from seedbed.errors import BadInput, NotDone  # noqa: E402


@command("serve", Serve)
def main(config: Serve) -> None:
    """Serve the page on the version that is marked best, until Ctrl-C."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from serve.http.importing import quick_imports
    from serve.http.proxy import past_proxies

    with quick_imports():
        from serve.http.settings import Settings
        from serve.model.registry_source import RegistrySource
        from serve.model.source import ModelUnusable

    with TemporaryDirectory(prefix="seedbed-serve-") as folder:
        source = RegistrySource(resolve_dataset_name(config.dataset), config.tracking.uri, Path(folder))
        # Nobody waits for gradio to hear that nothing is marked.
        source.version()
        with quick_imports(), past_proxies():
            from serve.drawings.gallery import BadPictures
            from serve.http.app import CannotListen, run
            from serve.http.auth import BadLogin

        settings = Settings(**{name: getattr(config, name) for name in Settings.__dataclass_fields__})
        try:
            run(source, settings)
        except (BadLogin, BadPictures, CannotListen) as error:
            raise BadInput(str(error)) from error
        except ModelUnusable as error:
            raise NotDone(str(error)) from error


if __name__ == "__main__":
    main()
