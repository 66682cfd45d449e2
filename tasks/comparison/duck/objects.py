"""Counts the lines of a file that are JSON, piece by piece: DuckDB's buffer for whole files takes 32 MB."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import BinaryIO

from tasks.comparison.duck.session import Duck
from tasks.comparison.files.blocks import blocks, opened_after
from tasks.comparison.files.paths import Files
from tasks.comparison.sides.jsonlines import JsonLinesFormat

PIECE = 8 << 20


def objects(duck: Duck, path: Path, folder: Path, told: Callable[[int], None]) -> int:
    """How many lines are JSON, on one thread; a line that is not is an error. `folder` is for the pieces.

    While one piece is counted the next one is written.
    """
    count = 0
    with ExitStack() as stack:
        stack.enter_context(duck.one_thread())
        read = blocks(stack.enter_context(opened_after(path, 0)))
        copied = [folder / f"piece-{number}.jsonl" for number in (0, 1)]
        pieces = [stack.enter_context(one.open("wb", buffering=0)) for one in copied]
        writing = stack.enter_context(ThreadPoolExecutor(1, "comparison-pieces"))
        written = writing.submit(_filled, pieces[0], read)
        for now, after in cycle(zip(copied, reversed(pieces), strict=True)):
            size = written.result()
            if not size:
                break
            told(size)
            written = writing.submit(_filled, after, read)
            relation = JsonLinesFormat().relation(Files(path.name, (now,), ()))
            count += int(duck.one(f"select count(line) from {relation}", label="lines")[0])  # noqa: S608 — paths are literals
    return count


def _filled(piece: BinaryIO, read: Iterator[tuple[bytearray, int]]) -> int:
    """Writes the next lines to a piece; how many bytes."""
    piece.seek(0)
    for data, end in read:
        with memoryview(data)[:end] as lines:
            piece.write(lines)
        if piece.tell() >= PIECE:
            break
    piece.truncate()
    return piece.tell()
