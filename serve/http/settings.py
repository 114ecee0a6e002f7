"""How the page is served, as one value; its defaults are the config's, and written into an exported `app.py`."""

from __future__ import annotations

from dataclasses import dataclass, fields

PORT, HOST = "GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME"  # by which the environment tells an exported page
PICTURES = "pictures"  # its folder for them


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The keys of `python -m serve` that the page goes by; port 0 takes any free one."""

    port: int
    host: str
    share: bool
    root_path: str | None
    pictures: str | None
    poll_seconds: float
    auth_file: str | None
    max_rows: int
    max_file_mb: float
    trust: list[str]

    @classmethod
    def from_config(cls, config: object) -> Settings:
        """Return the settings in a config that has these keys and others."""
        return cls(**{item.name: getattr(config, item.name) for item in fields(cls)})
