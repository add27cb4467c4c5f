"""A turn-end model of a few bytes, for tests: its answer is the sigmoid of the picture's mean."""

from __future__ import annotations

from pathlib import Path

_FLOAT = 1


def write_model(file: Path, *, bands: int, frames: int, name: str = "input_features") -> Path:
    """Write an ONNX model that takes pictures of this shape; returns ``file``."""
    mean = _node("ReduceMean", name, "mean", _keeps_no_dimensions())
    graph = b"".join(
        (
            _field(1, mean),
            _field(1, _node("Sigmoid", "mean", "logits")),
            _field(2, b"tiny"),
            _field(11, _value(name, (1, bands, frames))),
            _field(12, _value("logits", ())),
        )
    )
    file.write_bytes(_field(1, 8) + _field(7, graph) + _field(8, _field(2, 13)))
    return file


def _node(kind: str, takes: str, gives: str, attribute: bytes = b"") -> bytes:
    return b"".join(
        (_field(1, takes.encode()), _field(2, gives.encode()), _field(4, kind.encode()), attribute)
    )


def _keeps_no_dimensions() -> bytes:
    return _field(5, _field(1, b"keepdims") + _field(3, 0) + _field(20, 2))


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dimensions = b"".join(_field(1, _field(1, size)) for size in shape)
    tensor = _field(1, _FLOAT) + _field(2, dimensions)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, value: int | bytes) -> bytes:
    """Encode one field of a protobuf message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
