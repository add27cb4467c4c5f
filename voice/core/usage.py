"""Tokens: what a response has used, and what the rate limits are.

Engines that count say so, and their numbers are passed on. Where none counts (the offline brain, a
cancelled answer, a cut one) tokens are counted from the text by ``count_tokens``, which never says
more than a language model's own tokenizer would: a limit is never reached too early by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OUTPUT_TOKEN_MS = 50
INPUT_TOKEN_MS = 100
"""Audio tokens as upstream counts them: one per 50 ms spoken, one per 100 ms heard."""

IMAGE_TOKENS = 765
"""A picture of ordinary size, where no engine counted it."""

LONG_WORD_CHARS = 16
"""A longer word is taken as several tokens."""

_FIRST_WIDE_CHARACTER = "\u2e80"
"""From here on scripts put no spaces between words; two characters are taken as one token."""

UNLIMITED = 1_000_000
"""Shown as limit and as what remains of it: this server rations neither requests nor tokens."""

RATE_LIMITS: tuple[dict[str, Any], ...] = tuple(
    {"name": name, "limit": UNLIMITED, "remaining": UNLIMITED, "reset_seconds": 0.0}
    for name in ("requests", "tokens")
)


def count_tokens(text: str) -> int:
    """Return about how many tokens a text is: its words, more for long ones and for wide scripts.

    Never decreases when text is added at the end.
    """
    return sum(_word_tokens(word) for word in text.split())


def _word_tokens(word: str) -> int:
    wide = 0 if word.isascii() else sum(char >= _FIRST_WIDE_CHARACTER for char in word)
    return max(1, wide // 2 + (len(word) - wide + LONG_WORD_CHARS - 1) // LONG_WORD_CHARS)


TEXT_DETAILS = frozenset(
    {"reasoning_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"}
)
"""Parts of the text tokens that a brain may count; sent only where it does."""


@dataclass(frozen=True, slots=True)
class InputTokens:
    """What a response has read: the whole context, each turn anew; ``cached`` is a part of it."""

    text: int = 0
    audio: int = 0
    image: int = 0
    cached: int = 0


def input_tokens(
    texts: Iterable[str], *, audio_ms: int, images: int, counted: int, cached: int
) -> InputTokens:
    """Return the input of one response.

    ``counted`` is the brain's own count of everything that it read, pictures too; 0 where it did
    not count, then ``texts`` and ``images`` are. The user's speech counts as audio beside its
    words: both engines have worked on it.
    """
    audio = audio_ms // INPUT_TOKEN_MS
    if counted:
        return InputTokens(counted, audio, 0, min(cached, counted))
    return InputTokens(sum(map(count_tokens, texts)), audio, images * IMAGE_TOKENS)


def usage_object(
    read: InputTokens, *, text_out: int, audio_out_ms: int, details: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return the wire's usage object, always in its full shape.

    Of the brain's ``details`` those that say what the text tokens were spent on are passed on.
    """
    known = {name: count for name, count in (details or {}).items() if name in TEXT_DETAILS}
    audio_out = audio_out_ms // OUTPUT_TOKEN_MS
    total_in = read.text + read.audio + read.image
    return {
        "total_tokens": total_in + text_out + audio_out,
        "input_tokens": total_in,
        "output_tokens": text_out + audio_out,
        "input_token_details": {
            "text_tokens": read.text,
            "audio_tokens": read.audio,
            "image_tokens": read.image,
            "cached_tokens": read.cached,
            "cached_tokens_details": {
                "text_tokens": read.cached,
                "audio_tokens": 0,
                "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out, **known},
    }


NO_USAGE = usage_object(InputTokens(), text_out=0, audio_out_ms=0)
"""The usage of a failed response."""
