"""Reads a bundle's evidence back from its raw captures, as if it had just been collected."""

from pathlib import Path

from pydantic import ValidationError

from checks.errors import VerificationError
from checks.evidence.inputs import Collection, Inputs, read_inputs
from checks.evidence.layout import INPUTS, CaptureMeta, meta_path, raw_path
from checks.evidence.records import Provenance, RawCapture


def inputs_in(bag: Path) -> Inputs | None:
    """What a bag says its run was made from; `None` if it does not."""
    try:
        return read_inputs((bag / INPUTS).read_bytes())
    except FileNotFoundError:
        return None
    except VerificationError as error:
        raise VerificationError(f"{INPUTS} cannot be read: {error}") from error


def recollected(bag: Path, collection: Collection) -> tuple[tuple[RawCapture, ...], Provenance]:
    """The captures of one check in the order in which they came, and where they came from."""
    read = [_capture(bag, collection.check, item) for item in collection.items]
    provenance = collection.provenance or next((meta.provenance for _, meta in read), None)
    if provenance is None:
        raise VerificationError(f"{INPUTS} says of {collection.check} neither what came nor whom it was asked of")
    return tuple(capture for capture, _ in read), provenance


def _capture(bag: Path, check: str, item: str) -> tuple[RawCapture, CaptureMeta]:
    path = meta_path(check, item)
    try:
        body = (bag / raw_path(check, item)).read_bytes()
        meta = CaptureMeta.model_validate_json((bag / path).read_bytes())
    except FileNotFoundError as error:
        raise VerificationError(f"{error.filename} is not there, and {INPUTS} names it") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise VerificationError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return RawCapture(item, body, meta.capture), meta
