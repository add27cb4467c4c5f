"""Keeps a long conversation within what a brain can read, so that it goes on instead of ending.

The oldest turns are left out of the prompt, never out of the conversation. More is left out at once
than needs to be, so that the beginning of the prompt then stays the same for many turns and a
provider can keep it cached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice.core.ledger import Entry

DEFAULT_CONTEXT_TOKENS = 32_768
"""Taken where a brain names no limit of its own."""

ANSWER_TOKENS = 4_096
"""Room that is left for the answer, the most that a response may be asked for."""

KEEP_RATIO = 0.8
"""Part of the room that stays filled when turns are left out, unless the session says otherwise."""

_ENTRY_TOKENS = 4
_IMAGE_TOKENS = 765
_BYTES_PER_TOKEN = 4


class TooLong(Exception):
    """The conversation does not fit, and the session forbids to leave anything out."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(
            f"The conversation has about {tokens} tokens and only {limit} fit. Delete items, or "
            "set the session's truncation to 'auto'."
        )


@dataclass(frozen=True, slots=True)
class Room:
    """How many tokens of conversation a prompt may hold.

    ``keep_ratio`` is how much of it stays when something must be left out; None forbids it.
    """

    tokens: int
    keep_ratio: float | None = KEEP_RATIO


def room(
    truncation: Any, *, context_tokens: int | None, fixed_tokens: int, answer_tokens: int | None
) -> Room:
    """Return the room for the conversation.

    ``truncation`` is the session's: ``auto``, ``disabled``, or an object with ``retention_ratio``
    and perhaps ``token_limits.post_instructions``. ``context_tokens`` is the brain's own limit,
    ``fixed_tokens`` what is always sent beside it, ``answer_tokens`` the limit of the answer.
    """
    whole = context_tokens or DEFAULT_CONTEXT_TOKENS
    answer = min(answer_tokens or ANSWER_TOKENS, whole // 4)
    tokens = max(0, whole - answer - fixed_tokens)
    if truncation == "disabled":
        return Room(tokens, None)
    ratio: Any = KEEP_RATIO
    if isinstance(truncation, Mapping) and truncation.get("type") == "retention_ratio":
        ratio = truncation.get("retention_ratio")
        limits = truncation.get("token_limits")
        asked = limits.get("post_instructions") if isinstance(limits, Mapping) else None
        if isinstance(asked, int) and asked > 0:
            tokens = min(tokens, asked)
    is_ratio = isinstance(ratio, int | float) and 0 <= ratio <= 1
    return Room(tokens, float(ratio) if is_ratio else KEEP_RATIO)


def text_tokens(text: str) -> int:
    """Return about how many tokens a text fills: one for four bytes, rather too many."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return size // _BYTES_PER_TOKEN + 1


def entry_tokens(entry: Entry) -> int:
    """Return about how many tokens of a prompt an entry fills."""
    tokens = _ENTRY_TOKENS + text_tokens(entry.text)
    if entry.arguments:
        tokens += text_tokens(entry.arguments)
    return tokens + _IMAGE_TOKENS * len(entry.image_urls)


class Compactor:
    """Remembers what is left out, so that it stays out until more must go."""

    def __init__(self) -> None:
        self._left_out: frozenset[str] = frozenset()

    def fit(self, sized: Sequence[tuple[Entry, int]], space: Room) -> list[Entry]:
        """Return the entries that a prompt holds: the newest, whole turns where that is possible.

        ``sized`` is all of them, each with its ``entry_tokens``. The last turn is never left out,
        nor an output kept whose call is not. Raises TooLong where nothing may be left out.
        """
        out = self._left_out if space.keep_ratio is not None else frozenset()
        if out:
            sized_in = [(entry, size) for entry, size in sized if entry.item_id not in out]
        else:
            sized_in = list(sized)
        kept, sizes = [entry for entry, _ in sized_in], [size for _, size in sized_in]
        total = sum(sizes)
        if total <= space.tokens:
            return kept
        if space.keep_ratio is None:
            raise TooLong(total, space.tokens)
        first = _first_kept(kept, sizes, int(space.tokens * space.keep_ratio))
        calls = {entry.call_id for entry in kept[:first] if entry.kind == "function_call"}
        newest = [
            entry
            for entry in kept[first:]
            if entry.kind != "function_call_output" or entry.call_id not in calls
        ]
        stays = {entry.item_id for entry in newest}
        self._left_out = frozenset(e.item_id for e, _ in sized if e.item_id not in stays)
        return newest


def _first_kept(entries: Sequence[Entry], sizes: Sequence[int], budget: int) -> int:
    """Return the place of the first entry that stays: the beginning of a turn if there is one."""
    last_turn = max(
        (i for i, e in enumerate(entries) if e.role == "user"), default=len(entries) - 1
    )
    first, total = len(entries), 0
    while first > 0 and total + sizes[first - 1] <= budget:
        first -= 1
        total += sizes[first]
    first = min(first, last_turn)
    return next((i for i in range(first, last_turn + 1) if entries[i].role == "user"), first)
