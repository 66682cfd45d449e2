"""Defers the import of modules that a library imports for a feature nobody here uses.

Great Expectations imports scipy.stats and altair for its KL-divergence expectation alone: a third of its import time,
and more than half of the memory that it takes.
"""

import importlib
import sys
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
