"""A program that kills itself before or after one step of its work, as if the power had gone."""

_PROGRAM = """
import os, signal, sys
from importlib import import_module
from pathlib import Path

folder, owner, name, when = sys.argv[1:]
module, _, kind = owner.partition(":")
holder = getattr(import_module(module), kind) if kind else import_module(module)
real = getattr(holder, name)

def deadly(*args, **kwargs):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(holder, name, deadly)
"""


def killed(work: str) -> str:
    """The program's text; `work` is Python over `Path(folder)`.

    It is called with the folder, and with the step: its module (or `module:Class`), its name, `before` or `after`.
    """
    return _PROGRAM + work
