"""How the page is served, as one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What `python -m serve` can be told; port 0 takes any free one."""

    port: int = 7860
    host: str = "127.0.0.1"
    share: bool = False
    root_path: str | None = None
    pictures: str | None = None
    poll_seconds: float = 2.0
    auth_file: str | None = None
    max_rows: int = 10_000
    max_file_mb: float = 10.0
