"""Keeps out what a library imports for a feature nobody here uses.

Great Expectations imports scipy.stats and altair for its KL-divergence expectation alone: a third of its import time,
and more than half of the memory that it takes. pandas imports pyarrow wherever that is installed, and never needs it
for frames of Python objects: that would be half of what pandas takes.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


class Deferred(ModuleType):
    """Stands in for a module until an attribute of it is asked for; then the real one takes its place."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # import machinery looking around, not somebody who uses the module
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def defer(*names: str) -> None:
    """Puts stand-ins where modules are not imported yet; one that is not installed stays that way."""
    for name in names:
        if name in sys.modules or (spec := find_spec(name)) is None:
            continue
        stand_in = Deferred(name)
        stand_in.__spec__ = spec
        stand_in.__file__ = spec.origin
        stand_in.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[name] = stand_in


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """While it lasts, modules that are not imported yet seem not to be installed; whoever prefers them does without.

    Afterwards anybody may import them. What is imported already stays, and is used.
    """
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system marks so what is not there
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
