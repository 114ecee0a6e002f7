"""`python -m serve`: see `--help`."""

from serve._checkout import require_checkout

require_checkout()

from seedbed.cli import command  # noqa: E402
from seedbed.config.naming import resolve_dataset_name  # noqa: E402
from seedbed.config.schema import Serve  # noqa: E402
from seedbed.tracking.notices import say_if_slow  # noqa: E402
from seedbed.tracking.uris import announce_target  # noqa: E402


@command("serve", Serve)
def main(config: Serve) -> None:
    """Serve the page on the version that is marked best, until Ctrl-C."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from seedbed.estimators.loading import quick_imports
    from serve.http.proxy import past_proxies
    from serve.http.settings import Settings

    with quick_imports():
        from serve.model.registry_source import RegistrySource

    with TemporaryDirectory(prefix="seedbed-serve-") as folder:
        name = resolve_dataset_name(config.dataset)
        source = RegistrySource(name, config.tracking.uri, Path(folder), config.trust)
        source.version()  # that no version is marked is said before gradio is imported
        announce_target(name, source.registry.store.uri, "Loading what the page is made of.")
        with quick_imports(), past_proxies():
            from serve.http.app import run
        say_if_slow("")
        run(source, Settings.from_config(config))


if __name__ == "__main__":
    main()
