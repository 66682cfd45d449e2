"""References to the environment, as a catalogue writes them: `${NAME}`."""

import re
from collections.abc import Mapping

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def filled(text: str, environment: Mapping[str, str]) -> str:
    """A text with every reference filled; raises `KeyError` with the name of the first that is not set or empty."""
    for name in REFERENCE.findall(text):
        if not environment.get(name):
            raise KeyError(name)
    return REFERENCE.sub(lambda match: environment[match[1]], text)
