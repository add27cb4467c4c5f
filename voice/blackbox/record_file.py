"""The file format of the black box: a line that names it, then one compressed stream of records.

Each record is a head (kind, length of the JSON, length of the attachments), the JSON and the
attachments. The stream is flushed after each batch, so that a file whose writer was killed reads up
to its last batch.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from voice.errors import SettingsError

MAGIC = b"voice black box 1\n"
_HEAD = struct.Struct("<cII")
_CHUNK_BYTES = 1 << 16

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""A longer record is damage, not data."""

HEADER, STEP, FRAME, END = b"H", b"S", b"F", b"E"


@dataclass(slots=True)
class Record:
    """One record: ``data`` is JSON, ``attachments`` what its ``@bytes`` point to."""

    kind: bytes
    data: dict[str, Any]
    attachments: list[bytes] = field(default_factory=list)


class RecordWriter:
    """Writes records to an open file; ``written`` counts the bytes on disk. Not for a loop."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stream = zlib.compressobj(1)
        self.written = file.write(MAGIC)

    def put(self, record: Record) -> None:
        """Write one record; raises OSError when the disk does not take it."""
        data = record.data | {"sizes": [len(part) for part in record.attachments]}
        body = orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)
        attached = b"".join(record.attachments)
        head = _HEAD.pack(record.kind, len(body), len(attached))
        self.written += self._file.write(self._stream.compress(head + body + attached))

    def flush(self) -> None:
        """Make everything so far readable; raises OSError."""
        self.written += self._file.write(self._stream.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def close(self) -> None:
        """End the stream; the file stays open. Raises OSError."""
        self.written += self._file.write(self._stream.flush(zlib.Z_FINISH))
        self._file.flush()


class _Damaged(Exception):
    """What follows in the file is no record."""


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of a file, in order, up to the last whole one.

    Raises SettingsError for a file that is none, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise SettingsError(f"{path} is no black box; expected one made by --record")
            yield from _records(file)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}") from error


def _records(file: BinaryIO) -> Iterator[Record]:
    stream = zlib.decompressobj()
    waiting = bytearray()
    while chunk := file.read(_CHUNK_BYTES):
        try:
            waiting += stream.decompress(chunk)
        except zlib.error:
            return  # damaged from here on; what came before is good
        while True:
            try:
                record, size = _first(waiting)
            except _Damaged:
                return
            if record is None:
                break
            del waiting[:size]
            yield record


def _first(waiting: bytearray) -> tuple[Record | None, int]:
    """Return the first whole record and its length, or None while it is not there yet.

    Raises _Damaged.
    """
    if len(waiting) < _HEAD.size:
        return None, 0
    kind, body_size, attached_size = _HEAD.unpack_from(waiting)
    size = _HEAD.size + body_size + attached_size
    if size > MAX_RECORD_BYTES:
        raise _Damaged
    if len(waiting) < size:
        return None, 0
    offset = _HEAD.size + body_size
    data, sizes = _body(bytes(waiting[_HEAD.size : offset]), attached_size)
    attachments = []
    for length in sizes:
        attachments.append(bytes(waiting[offset : offset + length]))
        offset += length
    return Record(kind, data, attachments), size


def _body(body: bytes, attached_size: int) -> tuple[dict[str, Any], list[int]]:
    """Return the JSON of a record, and the lengths of its attachments. Raises _Damaged."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _Damaged from None
    match data:
        case {"sizes": [*sizes]} if all(type(size) is int and size >= 0 for size in sizes):
            if sum(sizes) == attached_size:
                del data["sizes"]
                return data, sizes
    raise _Damaged
