"""Ephemeral keys: each opens sockets with a session set up in advance, until it expires."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from voice.server.limits import EPHEMERAL_KEYS

EPHEMERAL_PREFIX: Final = "ek_"


MAX_BYTES = 32 * 1024 * 1024
"""What the sessions of all valid keys may hold together, as JSON."""

SHORTEST_S = 10
LONGEST_S = 7_200
DEFAULT_S = 600


class TooManySecretsError(Exception):
    """As many keys are valid as are kept; ``retry_after_s`` until the first of them expires."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("as many ephemeral keys are valid as are kept; wait until one expires")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """What a key stands for.

    ``fields`` is the session as the client asked for it, GA in shape and checked; ``model`` what
    it named. ``deadline_s`` is by the clock of the store.
    """

    fields: Mapping[str, Any] = field(repr=False)
    model: str | None
    deadline_s: float
    size_bytes: int


class ClientSecrets:
    """The ephemeral keys of one server; they end with it. Holds hashes, never a key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without keys; ``clock`` counts seconds and never jumps."""
        self._clock = clock
        self._kept: dict[bytes, ClientSecret] = {}  # bounded: EPHEMERAL_KEYS

    def issue(self, fields: Mapping[str, Any], *, model: str | None, valid_s: int) -> str:
        """Return a new key. Raises TooManySecretsError."""
        now_s = self._clock()
        self._drop_expired(now_s)
        size_bytes = len(orjson.dumps(fields))
        held_bytes = sum(secret.size_bytes for secret in self._kept.values())
        if len(self._kept) >= EPHEMERAL_KEYS or held_bytes + size_bytes > MAX_BYTES:
            first_s = min(secret.deadline_s for secret in self._kept.values())
            raise TooManySecretsError(max(1, int(first_s - now_s) + 1))
        key = EPHEMERAL_PREFIX + secrets.token_hex(24)
        self._kept[_digest(key)] = ClientSecret(fields, model, now_s + valid_s, size_bytes)
        return key

    def find(self, key: str) -> ClientSecret | None:
        """Return what a key stands for; None where it is unknown or has expired.

        Takes the same time for every key: all are compared, and only by their hashes.
        """
        self._drop_expired(self._clock())
        wanted = _digest(key)
        found = None
        for digest, secret in self._kept.items():
            if hmac.compare_digest(digest, wanted):
                found = secret
        return found

    def __len__(self) -> int:
        """Keys that are valid."""
        self._drop_expired(self._clock())
        return len(self._kept)

    def _drop_expired(self, now_s: float) -> None:
        expired = [key for key, secret in self._kept.items() if secret.deadline_s <= now_s]
        for key in expired:
            del self._kept[key]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
