"""Words that mean something else together than one by one, in what is said and in examples."""

from __future__ import annotations

from collections.abc import Sequence

from voice.engines.offline_brain.tokens import Token

_MEANT: dict[tuple[str, ...], str] = {
    ("get", "rid", "of"): "remove",
    ("throw", "away"): "remove",
    ("cross", "out"): "cross off",
    ("strike", "out"): "strike off",
    ("scratch", "out"): "scratch off",
    ("throw", "out"): "remove",
    ("look", "up"): "search",
    ("to", "do", "list"): "todo list",
    ("to", "do", "lists"): "todo lists",
    ("shut", "up"): "quiet",
    ("speak", "up"): "louder",
    ("too", "loud"): "quieter",
    ("too", "quiet"): "louder",
    ("keep", "it", "down"): "quieter",
    ("not", "so", "loud"): "make quieter",
    ("not", "so", "quiet"): "make louder",
    ("right", "down", "that"): "write down that",
    ("any", "longer"): "any more",
    ("call", "off"): "cancel",
    ("the", "whole", "lot", "of"): "all the",
    ("percent", "tip", "on"): "percent of",
    ("percent", "of", "tip", "on"): "percent of",
    ("need", "not"): "do not",
    ("do", "not", "bother", "with"): "cancel",
    ("never", "mind", "about"): "cancel",
    ("see", "what", "you", "can", "find"): "search",
    ("see", "if", "you", "can", "find"): "search",
    ("try", "to", "find", "out"): "search",
    ("have", "a", "look"): "look",
    ("take", "a", "look"): "look",
    ("coming", "along"): "going",
    ("getting", "on"): "going",
    ("getting", "along"): "going",
    ("am", "i", "supposed", "to"): "do i have to",
    ("am", "i", "meant", "to"): "do i have to",
    ("are", "we", "supposed", "to"): "do we have to",
    ("are", "we", "meant", "to"): "do we have to",
    ("as", "loud", "as", "you", "can", "go"): "volume maximum",
    ("as", "loud", "as", "you", "can"): "volume maximum",
    ("as", "loud", "as", "possible"): "volume maximum",
    ("at", "full", "blast"): "volume maximum",
    ("all", "the", "way", "up"): "to maximum",
}
_MEANT |= {
    (*subject, *adverb, loudness): f"make it {meant}"
    for loudness, meant in (("loud", "quieter"), ("noisy", "quieter"), ("quiet", "louder"))
    for subject in (("you", "are"), ("it", "is"), ("that", "is"), ("this", "is"))
    for adverb in (
        ("too",), ("a", "bit"), ("a", "little"), ("so",), ("very",), ("rather",), ("way", "too"),
        ("far", "too"), ("a", "bit", "too"), ("a", "little", "too"), ("much", "too"), ("really",),
        ("quite",), ("pretty",), ("awfully",),
    )
} | {
    ("can", "not", *adverb, *hear, whom): "make it louder"
    for adverb in ((), ("really",), ("quite",), ("even",))
    for hear in (("hear",), ("understand",))
    for whom in ("you", "that", "anything")
} | {
    ("hardly", "hear", "you"): "make it louder",
    ("barely", "hear", "you"): "make it louder",
    ("scarcely", "hear", "you"): "make it louder",
    ("fair", "and", "height"): "fahrenheit",
}  # fmt: skip
_LENGTHS = sorted({len(words) for words in _MEANT}, reverse=True)


def join_phrases(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Replace phrases by the plain words that they mean, over the same stretch of text."""
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        for length in _LENGTHS:
            here = tokens[at : at + length]
            meant = _MEANT.get(tuple(t.text for t in here))
            if meant is None:
                continue
            parts = meant.split()
            last = here[-1] if len(parts) > 1 else here[0]
            whole = here[-2] if len(parts) > 1 else here[-1]
            joined.append(Token(parts[0], here[0].start, whole.end))
            joined += [Token(part, last.start, last.end) for part in parts[1:]]
            at += length
            break
        else:
            joined.append(tokens[at])
            at += 1
    return tuple(joined)
