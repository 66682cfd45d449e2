"""Canaries: secrets that nobody else has, the ways in which text may hold one, and a search of all that a run wrote."""

import gzip
import html
import json
import sqlite3
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

CANARIES: Mapping[str, str] = {
    "password in an address": 'Pw/can+ary"one@%4711&',
    "token in a header": "tok.can+ary/two=\"'4712\\x",
    "variable of a program": "pro gram'can\\ary<three>4713",
    "path of an address": "hook-canary-four-4714-XYZ",
    "password of the store": "store:can/ary#five@4715",
    "variable of the process": "env;can,ary|six}4716",
}
"""By where a run is given each. None is a word; all have characters that something or other escapes."""

KNOWN: Mapping[str, str] = {
    "AWS access key": "AKIA" + "CANARYCANARY4717",
    "GitHub token": "ghp_" + "Canary4718" * 4,
    "private key": "-----BEGIN PRIVATE KEY-----\nMIICANARY4719CANARY\n-----END PRIVATE KEY-----",
    "password in an address": "someone:canary-4720",
    "named secret": "canary-4721-hunter",
}
"""What a source gives away that nobody here was given; only its form tells that it is a secret."""
CORES = ("CANARYCANARY4717", "Canary4718Canary4718", "MIICANARY4719CANARY", "canary-4720", "canary-4721")


def ways(secret: str) -> Iterator[bytes]:
    """A secret as it stands, in JSON, in JSON within JSON, in addresses, in HTML, and in base64 at any place."""
    once = json.dumps(secret)[1:-1]
    for text in (
        *(secret, once, json.dumps(once)[1:-1], repr(secret)[1:-1]),
        *(quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)),
    ):
        yield text.encode()
    for lead in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(lead) + secret.encode())


def _needles(secret: str) -> Iterator[bytes]:
    """What stands in any text that holds a secret in one of those ways, whatever stands around it."""
    yield from ways(secret)
    for lead in range(3):
        padded = bytes(lead) + secret.encode()
        whole = padded[: len(padded) - len(padded) % 3]
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(whole)[4 if lead else 0 :]


NEEDLES = {needle: name for name, secret in CANARIES.items() for needle in _needles(secret)} | {
    core.encode(): core for core in CORES
}


def canaries_in(data: bytes) -> set[str]:
    """Which canaries stand in some bytes, or in what can be unpacked out of them."""
    found: set[str] = set()
    for layer in _layers(data):
        found |= {name for needle, name in NEEDLES.items() if needle in layer}
    return found


def searched(folder: Path) -> tuple[dict[str, set[str]], int]:
    """Every file in a folder that holds a canary, by path, with its names; and how many bytes were looked through.

    Of a SQLite file every cell of every table is looked at, too.
    """
    found: dict[str, set[str]] = {}
    looked = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        looked += len(data)
        here = canaries_in(data) | canaries_in(path.name.encode())
        if data.startswith(b"SQLite format 3\0"):
            here |= _in_cells(path)
        if here:
            found[str(path.relative_to(folder))] = here
    return found, looked


def _layers(data: bytes) -> Iterator[bytes]:
    yield data
    for start in (0, 1):
        unpacking = zlib.decompressobj(wbits=47)
        rest, pieces = data[start:], []
        try:
            while rest and unpacking:
                pieces.append(unpacking.decompress(rest))
                rest = unpacking.unused_data
                unpacking = zlib.decompressobj(wbits=47)
        except zlib.error:
            pass
        if any(pieces):
            yield b"".join(pieces)


def _in_cells(path: Path) -> set[str]:
    found: set[str] = set()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in database.execute(f'select * from "{table}"'):
                for cell in row:
                    if isinstance(cell, str | bytes):
                        found |= canaries_in(cell.encode(errors="surrogateescape") if isinstance(cell, str) else cell)
    return found


def packed(text: str) -> bytes:
    return gzip.compress(text.encode())
