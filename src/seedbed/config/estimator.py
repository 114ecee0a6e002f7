"""What a candidate's estimator is: its family, its class and the values of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedbed.config.constraints import Group, Key
from seedbed.config.families import OWN, list_families, read_family
from seedbed.errors import BadInput, BadValue, clip


@dataclass(frozen=True, init=False)
class Estimator(Group):
    """A classifier by its file in conf/estimator, with scikit-learn's names of its parameters.

    Attributes
    ----------
    target : the dotted name of its class.
    params : name and value of each parameter, as written in the file or typed; lists are tuples.
    """

    name: str
    target: str
    params: tuple[tuple[str, Any], ...] = field(compare=False)
    text: str = field(repr=False)  # of the params: by it estimators are equal, since 1 equals 1.0

    def __init__(self, name: str = "knn", **params: Any) -> None:
        """Make a candidate of a family; what is not given has the value of the family's file."""
        self._set(name, {**read_family(name).defaults, **params})

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Estimator:
        """Return the estimator of a composed or recorded config, with no other parameters than that has."""
        estimator = cls.__new__(cls)
        estimator._set(plain.get("name"), {key: value for key, value in plain.items() if key != "name"})
        return estimator

    def _set(self, name: Any, params: Mapping[str, Any]) -> None:
        if not isinstance(name, str):
            raise BadValue("estimator.name", name, "the name of a file in conf/estimator")
        family, values = read_family(name), dict(params)
        target = values.pop("_target_", None) or family.target
        if not target or family.target not in ("", target):
            which = f", which is {family.target}" if family.target else ""
            raise BadInput(
                f"estimator._target_={clip(target)} is not the class of estimator={name}{which}; type estimator={OWN} "
                "estimator._target_=CLASS."
            )
        for key, value in values.items():
            # An integer is a number of the kind that the default is; as text 1 and 1.0 differ, a count and a share.
            if isinstance(family.defaults.get(key), float) and type(value) is int:
                values[key] = float(value)
        frozen = tuple((key, _freeze(key, value)) for key, value in values.items())
        for key, value in {"name": name, "target": target, "params": frozen, "text": repr(frozen)}.items():
            object.__setattr__(self, key, value)

    @classmethod
    def list_keys(cls) -> dict[str, Key]:
        """Return the parameters of all families by name, with what the files say of them."""
        own = Key(str, None, "the dotted name of the class, such as my_module.MyClassifier")
        params = {param: spec for family in list_families() for param, spec in family.params.items()}
        return {"_target_": own, **{param: Key(Any, None, spec.meaning) for param, spec in params.items()}}

    @property
    def values(self) -> dict[str, Any]:
        """The parameters by name."""
        return dict(self.params)

    @property
    def own(self) -> bool:
        """Whether its name does not tell its class, so that this is part of its identity."""
        return self.name == OWN or not self.target.startswith("sklearn.")

    def to_plain(self, *, target: bool) -> dict[str, Any]:
        """Return name and parameters by the keys that one types, `target` with the class."""
        return {"name": self.name, **({"_target_": self.target} if target else {}), **self.values}


def _freeze(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):  # whose text could not be read back
        raise BadValue(f"estimator.{key}", value, "a number, a word, null, or a list of these")
    return tuple(_freeze(key, item) for item in value) if isinstance(value, list | tuple) else value
