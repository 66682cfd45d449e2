"""A bag as text: the manifests of RFC 8493, written one way and read strictly."""

import re
from collections.abc import Mapping

from checks.errors import VerificationError
from checks.evidence.digests import sha256
from checks.evidence.layout import is_safe_path

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
DATA = "data"
TAG_FILES = (INFO, DECLARATION, MANIFEST)
"""What the tag manifest lists: every file of the bag's top but itself."""
NAMES = frozenset({*TAG_FILES, TAG_MANIFEST, DATA})
"""The five names a bag's top holds, no more and no fewer."""

DECLARATION_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")


def manifest_text(digests: Mapping[str, str]) -> bytes:
    """A manifest: a line for each path in the bag, in the order of their bytes, as `sha256sum` prints them."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())).encode()


def tag_files(info: bytes, manifest: bytes) -> dict[str, bytes]:
    """The four files at a bag's top, by name."""
    files = {INFO: info, DECLARATION: DECLARATION_TEXT, MANIFEST: manifest}
    return {**files, TAG_MANIFEST: manifest_text({name: sha256(data) for name, data in files.items()})}


def read_manifest(data: bytes) -> dict[str, str]:
    """The digests a manifest lists, by path.

    Only what `manifest_text` writes is read: other spacing, another order, a path twice or one that leaves the bag
    could mean different things to different verifiers.
    """
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise VerificationError(f"byte {error.start} is not ASCII") from error
    digests: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None or not is_safe_path(match[2]):
            raise VerificationError(f"line {number} is not a digest, two spaces and a path within the bag")
        digests[match[2]] = match[1]
    if manifest_text(digests) != data:
        raise VerificationError("its lines are not in order, repeat a path, or do not all end in a newline")
    return digests
