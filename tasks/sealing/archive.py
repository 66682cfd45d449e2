"""The archive: an S3-compatible bucket with Object Lock, and what was proved to be in it."""

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from checks.errors import CatalogError, SealError
from checks.evidence.digests import sha256
from checks.records import rfc3339
from tasks.sealing.reaching import looking_socket

_PATIENCE = {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 2}}  # seconds
_AT_ONCE = 8
_CHUNK = 8 << 20
_LOCKS = ("COMPLIANCE", "GOVERNANCE")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Archive:
    """Copies in a bucket, file by file under each one's path beneath the evidence root, locked until an instant.

    Credentials, region and endpoint are found where every S3 client looks: `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` and
    so on. Whatever the server refuses is a `SealError` of one line.
    """

    url: str
    _files: Any
    _refusals: tuple[type[Exception], ...]

    @classmethod
    def open(cls, url: str) -> "Archive":
        """The bucket, and perhaps a folder in it, at `s3://bucket/folder`; nobody is asked yet."""
        if not url.startswith("s3://") or not url.removeprefix("s3://").strip("/"):
            raise CatalogError(f"READINESS_ARCHIVE is {url!r}; write s3://bucket, or s3://bucket/folder")
        try:
            s3fs, refused = import_module("s3fs"), import_module("botocore.exceptions")
        except ModuleNotFoundError as error:
            raise SealError(
                f"an archive needs {error.name}, which is not installed: pip install 'readiness-evidence[s3]'"
            ) from error
        config = {**_PATIENCE, "connector_args": {"socket_factory": looking_socket}}
        # A client of its own: one that s3fs keeps for the process would go on asking the endpoint of the settings then.
        files = s3fs.S3FileSystem(config_kwargs=config, use_listings_cache=False, skip_instance_cache=True)
        return cls(url.rstrip("/"), files, (OSError, refused.BotoCoreError, refused.ClientError))

    def check(self) -> None:
        """Refuses a bucket that cannot be reached, or that locks nothing."""
        bucket = self.url.removeprefix("s3://").partition("/")[0]
        told = self._asked(lambda: self._files.call_s3("get_object_lock_configuration", Bucket=bucket))
        if told.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
            raise SealError(
                f"the bucket of {self.url} has no Object Lock, so anyone with its key could delete evidence"
            )

    def location(self, path: str) -> str:
        """Where the bundle of a path beneath the evidence root is."""
        return f"{self.url}/{path}"

    def store(self, bundle: Path, path: str, *, until: datetime) -> None:
        """Copies a bundle, and locks every file of it until an instant; what is there and locked is left as it is."""
        lock = {"ObjectLockMode": _LOCKS[0], "ObjectLockRetainUntilDate": until.astimezone(UTC)}
        location = self.location(path)
        there = self._found(location)

        def put(name: str) -> None:
            target, local = f"{location}/{name}", bundle / name
            if name not in there or not self._is_there(target, local, until):
                self._asked(lambda: self._files.put_file(str(local), target, **lock))

        self._each(put, _names(bundle))

    def put(self, path: str, data: bytes, *, until: datetime) -> None:
        """Copies one file, locked until an instant, and reads it back; older versions of it stay as they are."""
        target = self.location(path)
        lock = {"ObjectLockMode": _LOCKS[0], "ObjectLockRetainUntilDate": until.astimezone(UTC)}
        self._asked(lambda: self._files.pipe_file(target, data, **lock))
        if self._asked(lambda: self._files.cat_file(target)) != data:
            raise SealError(f"{target} is not what was copied to it: other bytes were read back")
        self._refuse_unlocked(target, until)

    def lock(self, path: str, *, until: datetime) -> None:
        """Locks a file that is there until a later instant."""
        target = self.location(path)
        bucket, _, key = target.removeprefix("s3://").partition("/")
        lock = {"Mode": _LOCKS[0], "RetainUntilDate": until.astimezone(UTC)}
        self._asked(lambda: self._files.call_s3("put_object_retention", Bucket=bucket, Key=key, Retention=lock))
        self._refuse_unlocked(target, until)

    def prove(self, bundle: Path, path: str, *, until: datetime) -> None:
        """Reads a bundle back; refuses all but every file, nothing else, the same bytes, locked until an instant."""
        names, location = _names(bundle), self.location(path)
        differing = sorted(self._found(location) ^ set(names))
        if differing:
            raise SealError(f"{location} does not hold the files of {bundle.name}: {', '.join(differing[:3])}")

        def compare(name: str) -> None:
            target = f"{location}/{name}"
            if self._asked(lambda: self._digest(target, bundle / name)) != _digest_of(bundle / name):
                raise SealError(f"{target} is not the {name} of {bundle.name}: other bytes were read back")
            self._refuse_unlocked(target, until)

        self._each(compare, names)

    def _refuse_unlocked(self, target: str, until: datetime) -> None:
        head = self._head(target)
        locked = head.get("ObjectLockRetainUntilDate")
        if head.get("ObjectLockMode") not in _LOCKS or locked is None or locked < until.replace(microsecond=0):
            raise SealError(f"{target} is not locked until {rfc3339(until)}")

    def _is_there(self, target: str, local: Path, until: datetime) -> bool:
        """Whether an object with a file's MD5 for its ETag is there and locked for long enough."""
        head = self._head(target)
        locked = head.get("ObjectLockRetainUntilDate")
        digest = hashlib.md5(local.read_bytes(), usedforsecurity=False).hexdigest()
        return head["ETag"].strip('"') == digest and locked is not None and locked >= until

    def _found(self, location: str) -> set[str]:
        """The objects below a bundle's location, by their paths in it."""
        found = self._asked(lambda: self._files.find(location))
        return {name.removeprefix(location.removeprefix("s3://") + "/") for name in found}

    def _head(self, target: str) -> Mapping[str, Any]:
        bucket, _, key = target.removeprefix("s3://").partition("/")
        head: Mapping[str, Any] = self._asked(lambda: self._files.call_s3("head_object", Bucket=bucket, Key=key))
        return head

    def _digest(self, target: str, local: Path) -> str:
        """Of what the server gives back: at once or, of a large file, piece by piece."""
        if local.stat().st_size <= _CHUNK:
            return sha256(self._files.cat_file(target))
        digest = hashlib.sha256()
        with self._files.open(target, "rb", block_size=_CHUNK) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _each(self, work: Callable[[str], None], names: list[str]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(work, names))

    def _asked(self, ask: Callable[[], T]) -> T:
        """What the server answers; its refusal as one line with what to do."""
        try:
            return ask()
        except self._refusals as error:
            raise SealError(f"{self.url}: {_because(error)}") from error


def _because(error: Exception) -> str:
    told = getattr(error.__cause__ or error, "response", {}).get("Error", {})
    match told.get("Code"):
        case "NoSuchBucket":
            return "there is no such bucket; make it with Object Lock, and name it in READINESS_ARCHIVE"
        case "ObjectLockConfigurationNotFoundError":
            return "the bucket has no Object Lock, so anyone with its key could delete evidence; make one that has"
        case "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "AccessDenied" | "403":
            return f"it refuses these credentials ({told['Code']}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if type(error).__name__ == "NoCredentialsError":
        return "there are no credentials for it; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    first = (str(error) or type(error).__name__).splitlines()[0]
    return f"it cannot be asked: {first}"


def _names(bundle: Path) -> list[str]:
    return sorted(path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file())


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
