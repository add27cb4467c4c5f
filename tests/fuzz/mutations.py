"""Ways to spoil a client event: as JSON, then as text, then as bytes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

Wire: TypeAlias = dict[str, Any]
Frame: TypeAlias = str | bytes

DEEP: Final = 400
HUGE_TEXT: Final = "x" * 20_000

WRONG: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 1.5, 2**53, 2**63, 2**64, -(2**70), 1e308, -1e-9, "", "0", "null",
    "\x00", "\n", "💥", "é" * 64, HUGE_TEXT, [], [[]], [None], ["audio", "text"], {}, {"": {}},
    {"type": "message"}, {"type": None}, "inf", "root", "auto",
)  # fmt: skip
"""Values that are put where others belong."""

_RAW_NUMBERS: Final = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5_000, "-0", "01", "1.", ".5", "0x10",
)  # fmt: skip
_SURROGATES: Final = ("\\ud800", "\\udfff", "\\ud83d", "\\udc00\\ud800")
_MARK: Final = "@@here@@"
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoilt frame, and the name of what was done to it."""

    kind: str
    frame: Frame


class Mutator:
    """Spoils events; the same for the same generator of numbers."""

    def __init__(self, rng: random.Random) -> None:
        """Take the generator."""
        self._rng = rng
        self._previous = "{}"

    def spoil(self, event: Wire) -> Mutant:
        """Return the event as a frame, spoilt in one way (``valid``: not at all)."""
        kind = self._rng.choice(KINDS)
        # A copy: events share what is constant in them.
        frame = _MUTATIONS[kind](self, orjson.loads(orjson.dumps(event)))
        if isinstance(frame, str):
            self._previous = frame[:2_000]
        return Mutant(kind, frame)

    # --- JSON -------------------------------------------------------------------------------------

    def _valid(self, event: Wire) -> Frame:
        return _dump(event)

    def _drop_key(self, event: Wire) -> Frame:
        owner, key = self._place(event)
        del owner[key]
        return _dump(event)

    def _add_key(self, event: Wire) -> Frame:
        owner, _ = self._place(event)
        name = self._rng.choice(("surprise", "", "type", "id", "session", "\x00", "__class__"))
        if isinstance(owner, dict):
            owner[name] = self._wrong()
        return _dump(event)

    def _rename_key(self, event: Wire) -> Frame:
        owner, key = self._place(event)
        if isinstance(owner, dict):
            rename = self._rng.choice((str.upper, lambda name: name + "s", lambda name: name[:-1]))
            owner[rename(key)] = owner.pop(key)
        return _dump(event)

    def _duplicate_key(self, event: Wire) -> Frame:
        key = self._rng.choice(list(event))
        return f"{{{json.dumps(key)}:{_dump(self._wrong())},{_dump(event)[1:]}"

    def _wrong_value(self, event: Wire) -> Frame:
        owner, key = self._place(event)
        owner[key] = self._wrong()
        return _dump(event)

    def _swap_values(self, event: Wire) -> Frame:
        (owner, key), (other, name) = self._place(event), self._place(event)
        owner[key] = json.loads(_dump(other[name]))
        return _dump(event)

    def _raw_number(self, event: Wire) -> Frame:
        return self._spliced(event, self._rng.choice(_RAW_NUMBERS))

    def _surrogate(self, event: Wire) -> Frame:
        return self._spliced(event, f'"a{self._rng.choice(_SURROGATES)}b"')

    def _deep(self, event: Wire) -> Frame:
        depth = self._rng.choice((90, 110, DEEP))
        opening, closing = self._rng.choice((("[", "]"), ('{"a":', "}")))
        return self._spliced(event, opening * depth + "1" + closing * depth)

    def _wide(self, event: Wire) -> Frame:
        owner, key = self._place(event)
        owner[key] = [owner[key]] * 300
        return _dump(event)

    def _unknown_type(self, event: Wire) -> Frame:
        kinds = (
            "session.delete",
            "response.created",
            "",
            "input_audio_buffer.Append",
            "type",
            "💥",
        )
        event["type"] = self._rng.choice(kinds)
        return _dump(event)

    def _other_id(self, event: Wire) -> Frame:
        names = [name for name in event if name.endswith("_id")]
        if names:
            ids = ("item_0", "resp_1", "", " ", "root", "é", "x" * 600, "call_1", None)
            event[self._rng.choice(names)] = self._rng.choice(ids)
        return _dump(event)

    def _bad_base64(self, event: Wire) -> Frame:
        owner = next((o for o, key in _places(event) if key == "audio" and isinstance(o, dict)), {})
        audio = owner.get("audio")
        if not isinstance(audio, str):
            event, owner, audio = {"type": "input_audio_buffer.append"}, {}, "AAAA" * 50
            owner = event
        at = self._rng.randrange(len(audio) + 1)
        damage = self._rng.choice(("=", "-", " ", "\n", "é", "A", "AA", "AAA", "====", "\x00"))
        owner["audio"] = self._rng.choice((audio[:at] + damage + audio[at:], audio[:at], ""))
        return _dump(event)

    def _odd_audio(self, event: Wire) -> Frame:
        audio = self._rng.choice(("AA==", "AAAA", "AAAAAA==", "A" * 2_700 + "AA=="))
        return _dump({**event, "type": "input_audio_buffer.append", "audio": audio})

    def _not_object(self, event: Wire) -> Frame:
        whole = _dump(event)
        return self._rng.choice(("[]", "null", "1", '""', "", " ", "[" + whole + "]", '"' + whole))

    # --- text and bytes ---------------------------------------------------------------------------

    def _flip(self, event: Wire) -> Frame:
        text = bytearray(_dump(event).encode())
        for _ in range(self._rng.randint(1, 4)):
            text[self._rng.randrange(len(text))] ^= 1 << self._rng.randrange(7)
        return text.decode("utf-8", "replace")

    def _cut(self, event: Wire) -> Frame:
        text = _dump(event)
        return text[: self._rng.randrange(len(text))]

    def _insert(self, event: Wire) -> Frame:
        text = _dump(event)
        at = self._rng.randrange(len(text))
        what = self._rng.choice(("\ufeff", "\x00", '"', "}", "{", "\\", "\u2028", " " * 3_000, ","))
        return text[:at] + what + text[at:]

    def _join(self, event: Wire) -> Frame:
        return _dump(event) + self._rng.choice(("", "\n", ",")) + self._previous

    def _binary(self, event: Wire) -> Frame:
        whole = _dump(event).encode()
        return self._rng.choice((whole, b"", self._rng.randbytes(200), b"\xff\xfe" + whole[:50]))

    # --- places -----------------------------------------------------------------------------------

    def _place(self, event: Wire) -> tuple[Any, Any]:
        places = _places(event)
        return self._rng.choice(places)

    def _wrong(self) -> Any:
        return self._rng.choice(WRONG)

    def _spliced(self, event: Wire, raw: str) -> str:
        """Put text that no JSON writer gives in the place of one value."""
        owner, key = self._place(event)
        owner[key] = _MARK
        return _dump(event).replace(f'"{_MARK}"', raw, 1)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (owner, key) inside, outermost first."""
    found: list[tuple[Any, Any]] = []
    level = [value]
    while level:
        inner = []
        for owner in level:
            keys = list(owner) if isinstance(owner, dict) else range(len(owner))
            for key in keys:
                found.append((owner, key))
                if isinstance(owner[key], dict | list):
                    inner.append(owner[key])
        level = inner
    return found


def _dump(value: Any) -> str:
    return _ENCODER.encode(value)


_MUTATIONS: Final[dict[str, Callable[[Mutator, Wire], Frame]]] = {
    "valid": Mutator._valid,
    "drop a key": Mutator._drop_key,
    "add a key": Mutator._add_key,
    "rename a key": Mutator._rename_key,
    "duplicate a key": Mutator._duplicate_key,
    "wrong value": Mutator._wrong_value,
    "swap two values": Mutator._swap_values,
    "raw number": Mutator._raw_number,
    "lone surrogate": Mutator._surrogate,
    "deep nesting": Mutator._deep,
    "wide list": Mutator._wide,
    "unknown type": Mutator._unknown_type,
    "other id": Mutator._other_id,
    "bad base64": Mutator._bad_base64,
    "odd audio": Mutator._odd_audio,
    "no object": Mutator._not_object,
    "bit flips": Mutator._flip,
    "truncation": Mutator._cut,
    "insertion": Mutator._insert,
    "two frames in one": Mutator._join,
    "binary frame": Mutator._binary,
}

KINDS: Final = ("valid",) * 8 + tuple(kind for kind in _MUTATIONS if kind != "valid")
"""What may be done to an event, as often as it is likely."""
