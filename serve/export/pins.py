"""The packages that an exported page needs, each in the version that is installed here."""

from __future__ import annotations

from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# What the copied modules import; what these need themselves is found in their own metadata.
ROOTS = (
    "fastapi",
    "gradio",
    "jinja2",
    "markupsafe",
    "numpy",
    "pandas",
    "pillow",
    "pyarrow",
    "pyyaml",
    "scikit-learn",
    "scipy",
    "skops",
    "starlette",
)


def pin_packages(roots: tuple[str, ...] = ROOTS) -> list[str]:
    """Return `name==version` of `roots` and of all that they need on this machine, in the order of their names."""
    found: dict[str, str] = {}
    waiting = [(canonicalize_name(name), frozenset[str]()) for name in roots]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        installed = distribution(name)
        found[name] = installed.version
        needed = {
            (canonicalize_name(requirement.name), frozenset(requirement.extras))
            for requirement in map(Requirement, installed.requires or ())
            if _applies(requirement, extras)
        }
        waiting += sorted(needed - seen, key=str)
        seen |= needed
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
