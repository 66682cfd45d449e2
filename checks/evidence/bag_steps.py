"""Steps 1 to 3 of verification: the bag is whole, and every file in it is the one that was sealed."""

from checks.errors import VerificationError
from checks.evidence.bag import DATA, MANIFEST, NAMES, TAG_FILES, TAG_MANIFEST, read_manifest
from checks.evidence.contents import Contents
from checks.evidence.digests import sha256


def incomplete(contents: Contents) -> list[str]:
    """Step 1: what is missing from the bag, and what does not belong in it."""
    problems = [f"{path} {what}" for path, what in contents.odd.items()]
    problems += [f"{name} is not there" for name in sorted(NAMES - contents.top)]
    problems += [f"{name} does not belong in the bag" for name in sorted(contents.top - NAMES)]
    listed, seen = _listed(contents, MANIFEST), {*contents.payload, *contents.odd}
    if listed is not None:
        problems += [f"{path} is listed in {MANIFEST} and not there" for path in sorted(listed - seen)]
        problems += [f"{path} is not listed in {MANIFEST}" for path in sorted(seen - listed)]
    info = contents.told
    size = sum(file.size for file in contents.payload.values())
    if info is not None and not problems and info.oxum != f"{size}.{len(contents.payload)}":
        problems.append(f"the payload is {size} bytes in {len(contents.payload)} files, not Payload-Oxum {info.oxum}")
    return problems


def changed_payload(contents: Contents) -> list[str]:
    """Step 2: the payload files that are not the ones the payload manifest lists."""
    try:
        listed = _digests(contents, MANIFEST)
    except VerificationError as error:
        return [str(error)]
    outside = [f"{MANIFEST} lists {path}, which is not below {DATA}/" for path in listed if not _is_payload(path)]
    return outside + [
        f"{path} has the digest {contents.payload[path].digest}, not {digest} as {MANIFEST} lists"
        for path, digest in listed.items()
        if path in contents.payload and contents.payload[path].digest != digest
    ]


def changed_tags(contents: Contents) -> list[str]:
    """Step 3: the tag files that are not the ones the tag manifest lists."""
    try:
        listed = _digests(contents, TAG_MANIFEST)
    except VerificationError as error:
        return [str(error)]
    problems = [f"{TAG_MANIFEST} does not list {name}" for name in TAG_FILES if name not in listed]
    problems += [f"{TAG_MANIFEST} lists {name}, which is no tag file" for name in listed if name not in TAG_FILES]
    for name, data in contents.tags.items():
        if name in listed and sha256(data) != listed[name]:
            problems.append(f"{name} has the digest {sha256(data)}, not {listed[name]} as {TAG_MANIFEST} lists")
    return problems


def _digests(contents: Contents, name: str) -> dict[str, str]:
    if name not in contents.tags:
        raise VerificationError(f"{name} is not there, so nothing can be compared with it")
    try:
        return read_manifest(contents.tags[name])
    except VerificationError as error:
        raise VerificationError(f"{name} cannot be read: {error}") from error


def _listed(contents: Contents, name: str) -> set[str] | None:
    """What a manifest lists below `data/`; `None` if it cannot be read, which is a problem of the next step."""
    try:
        return {path for path in _digests(contents, name) if _is_payload(path)}
    except VerificationError:
        return None


def _is_payload(path: str) -> bool:
    return path.startswith(f"{DATA}/")
