"""Names of a package that are loaded when they are first asked for, so that a start stays short."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from sys import modules
from typing import Any


def loaded(package: str, homes: Mapping[str, str], name: str) -> Any:
    """
    What a name of a package stands for, which it has from then on; for its `__getattr__`.

    homes : the module of each name that is loaded so
    raises AttributeError : the package has no such name
    """
    if name not in homes:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    value = getattr(import_module(homes[name]), name)
    setattr(modules[package], name, value)
    return value
