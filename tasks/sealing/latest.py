"""`latest/`: a link for each cadence to its newest complete bundle, switched atomically."""

import os
import secrets
from pathlib import Path

from checks.errors import CatalogError
from checks.slots import Slot


def switch_latest(root: Path, slot: Slot, target: Path) -> None:
    """Points `latest/<cadence>` at a bundle, unless it points at a newer slot's already."""
    link = root / "latest" / slot.cadence
    shown = _shown(link)
    if shown is not None and shown.at > slot.at:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    aside = link.with_name(f".{link.name}.{secrets.token_hex(4)}")
    aside.symlink_to(os.path.relpath(target, link.parent))
    aside.replace(link)


def _shown(link: Path) -> Slot | None:
    """The slot a link points at, if its bundle is there."""
    if not link.exists():
        return None
    try:
        return Slot.parse_label(link.resolve().name)
    except CatalogError:
        return None
