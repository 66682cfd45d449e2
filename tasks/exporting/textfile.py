"""A file for node_exporter's textfile collector, replaced at once and readable by everybody."""

import os
import secrets
from pathlib import Path

from checks.errors import CatalogError, ReadinessError

_SUFFIX = ".prom"
_MODE = 0o644  # the collector runs as another user


def replace_textfile(path: Path, data: bytes) -> None:
    """Puts a file in its place at once; what was there before stays whole if anything goes wrong.

    The draft beside it has a name that no collector reads.
    """
    if path.suffix != _SUFFIX:
        raise CatalogError(f"{path}: node_exporter reads only files whose names end in {_SUFFIX}; give it such a name")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write(draft, data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ReadinessError(
            f"{path} cannot be written: {error.strerror}; name a file in a folder that this user may write to"
        ) from error


def _write(draft: Path, data: bytes) -> None:
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
        os.fchmod(file.fileno(), _MODE)  # whatever the umask is
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
