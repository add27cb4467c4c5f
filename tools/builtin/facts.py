"""Facts that the assistant is to remember, on disk."""

from __future__ import annotations

import re
from typing import Any

from tools import ToolContext, ToolError, tool
from tools.store import JsonFile

MAX_FACTS = 500
MAX_FACT_CHARS = 500

_SPOKEN_FACTS = 3
_SHOWN_FACTS = 20
_LIKE_PERCENT = 82
_EMPTY = frozenset(
    "a an and are about at be did do does for from had has have he her his i in is it its me my of"
    " on or our she that the their they this to was we were what when where which who will with"
    " you your".split()
)


class FactBook:
    """A service: the person's facts, the oldest first, in one file. Usable from any thread."""

    def __init__(self, context: ToolContext) -> None:
        """Open the file of one data folder."""
        self._context = context
        self._file = JsonFile(context.data_dir / "facts.json")

    def all(self) -> list[str]:
        """Return the facts; what a person's editor broke is passed over."""
        return _texts(self._file.read())

    def add(self, text: str) -> bool:
        """Keep a fact; returns False where it was there. Raises ToolError when full."""
        with self._file.change() as content:
            texts = _texts(content)
            if text.casefold() in map(str.casefold, texts):
                return False
            if len(texts) >= MAX_FACTS:
                raise ToolError("I remember too much already. Let me forget something first.")
            content["facts"] = [*texts, text]
        return True

    def remove(self, removed: list[str]) -> None:
        """Forget these; unknown ones are ignored."""
        with self._file.change() as content:
            content["facts"] = [text for text in _texts(content) if text not in removed]

    def put_back(self, texts: list[str]) -> None:
        """Remember again what was forgotten."""
        for text in texts:
            self.add(text)

    def find(self, about: str) -> list[str]:
        """Return the facts that fit best, the best first; all, newest first, for no words."""
        wanted = _words(about)
        if not wanted:
            return list(reversed(self.all()))
        scores = [(_score(wanted, _words(text)), place, text) for place, text in
                  enumerate(self.all())]  # fmt: skip
        fitting = [entry for entry in scores if entry[0] > 0]
        best = max((score for score, _, _ in fitting), default=0.0)
        # Half as good as the best is about something else.
        return [text for score, _, text in sorted(fitting, reverse=True) if score > best / 2]

    def take_damage(self) -> str | None:
        """Return one sentence if the file on disk was damaged, once."""
        return self._file.take_damage()


@tool(
    examples=[
        "remember that {fact}",
        "remember {fact}",
        "[please] keep in mind that {fact}",
        "(can|could) you remember that {fact}",
        "i want you to (know|remember) that {fact}",
        "don't forget that {fact}",
        "i don't want you to forget [that] {fact}",
        "you should know that {fact}",
        "(store|save|memorize) that {fact}",
        "remember my {fact}",
        "for (later|the future) {fact}",
        "{fact} (remember|memorize|keep) (that|it)",
        "{fact} don't forget [that|it]",
        "please note for (later|the future) that {fact}",
        "keep in (mind|memory) {fact}",
        "(learn|memorise) that {fact}",
        "make sure you (remember|know) that {fact}",
        "for the record {fact}",
        "just so you know {fact}",
        "remember for (me|later) that {fact}",
        "(remember|keep) this [for me|in mind] {fact}",
        "(make a mental note|bear in mind|commit to memory) [that] {fact}",
        "you (need|ought) to know that {fact}",
        "{fact} (remember|keep|store) that for me",
        "(add|save) (to|in) your memory [that] {fact}",
        "please remember {fact} for me",
    ],
)
def remember(ctx: ToolContext, fact: str) -> dict[str, Any]:
    """Remember a fact about the person for later conversations.

    Args:
        ctx: Given by the registry.
        fact: What to remember, as a whole sentence, such as "my locker code is 4711".
    """
    fact = " ".join(fact.split())
    if not fact:
        raise ToolError("Tell me what to remember.")
    if len(fact) > MAX_FACT_CHARS:
        raise ToolError("That is too long to remember. Take a note instead.")
    book = ctx.service(FactBook)
    if not book.add(fact):
        return _answer(book, "I know that already.", fact=fact)
    ctx.undoable("I forgot that again.", lambda: book.remove([fact]))
    return _answer(book, "I'll remember that.", fact=fact)


@tool(
    effect="read",
    examples=[
        "what do you (know|remember) about {about}",
        "what did i tell you about {about}",
        "do you remember {about}",
        "do you know my {about}",
        "what do you (know|remember) [about me]",
        "what have i told you about {about}",
        "where did i (say|put|leave|tell you) [my|the] {about} [was|is]",
        "what did i say about {about}",
        "what did i (say|tell you) [my|the] {about} (was|is)",
        "(tell me|say) what you know about {about}",
        "do you remember what {about}",
        "what do you have on {about}",
        "(what|when|where|who) (is|are|was) my {about}",
        "what's my {about}",
        "(tell me|what was) my {about} again",
        "where (is|are|did i put|did i park|did i leave) my {about}",
        "what am i {about}",
        "(do|did) i (tell|mention) you {about}",
        "remind me what my {about} is",
        "recall [my] {about}",
        "what have you [got] (stored|saved|remembered) [about me]",
        "(tell me|what is) everything you (know|remember|have remembered) [about me]",
        "(what|which) {about} did i (park|put|leave|say|tell you)",
        "i [once] (asked|told) you [to remember] (where|what|when) {about} is [where is it]",
        "do you [still] (remember|know|recall) (where|what|when|who|which) {about}",
        "(can|could) you (recall|remember) (what|where|when) {about}",
        "(remind me|tell me) (where|who|when) (my|i|the) {about}",
        "what did i (ask|want) you to remember [about {about}]",
        "have i (told you about|asked you to remember) {about}",
        "do you remember (anything|something) i told you about {about}",
    ],
)
def recall(ctx: ToolContext, about: str = "") -> dict[str, Any]:
    """Look up what the person asked to be remembered in earlier conversations.

    Args:
        ctx: Given by the registry.
        about: Words of what is sought, such as "locker code". Leave it out for everything.
    """
    book = ctx.service(FactBook)
    found = book.find(about)
    if not found:
        spoken = "I remember nothing about that." if about.strip() else "I remember nothing yet."
    else:
        told = " ".join(_sentence(text) for text in found[:_SPOKEN_FACTS])
        more = len(found) - _SPOKEN_FACTS
        spoken = f"You told me: {told}" + (f" And {more} more." if more > 0 else "")
    return _answer(book, spoken, facts=found[:_SHOWN_FACTS])


@tool(
    examples=[
        "forget what i (told you|said) about {about}",
        "forget what you (know|remember) about {about}",
        "(delete|erase) what you (know|remember) about {about}",
        "[please] forget the fact that {about}",
        "[please] don't remember {about} (anymore|any more)",
        "forget [about] my {about}",
        "forget what i told you about [the|my] {about}",
        "(delete|erase) [the fact about] my {about} from your memory",
        "you can forget [about] my {about}",
        "(erase|delete|remove) the thing about [the|my] {about} [from your memory]",
        "forget (where|when|what|who) {about}",
        "you can forget what i (said|told you) about [the|my] {about}",
        "you (don't|do not) need to (remember|know) {about} [anymore]",
        "stop remembering {about}",
        "(wipe|erase|delete|remove|scrub|clear) {about} from (your|the) memory",
        "i don't want you to (remember|know) {about} [anymore]",
        "forget (everything|all) i (told you|said) about {about}",
        "forget that {about}",
        "(that|the thing|the fact) about {about} (is wrong|is not true) forget it",
    ],
)
def forget(ctx: ToolContext, about: str) -> dict[str, Any]:
    """Forget a fact that was remembered.

    Args:
        ctx: Given by the registry.
        about: Words of the fact, such as "locker code".
    """
    book = ctx.service(FactBook)
    found = book.find(about) if _words(about) else []
    if not found:
        raise ToolError("I remember nothing about that.")
    if len(found) > 1 and found[0].casefold() != about.strip().casefold():
        told = " ".join(_sentence(text) for text in found[:_SPOKEN_FACTS])
        raise ToolError(f"I remember several things about that: {told} Which one shall I forget?")
    gone = found[:1]
    book.remove(gone)
    ctx.undoable("I remember it again.", lambda: book.put_back(gone))
    return _answer(book, f"I forgot this: {_sentence(gone[0])}", forgotten=gone)


def _score(wanted: list[str], words: list[str]) -> float:
    """Return the share of the wanted words that a fact has, misheard ones included."""
    from rapidfuzz import fuzz

    found = sum(any(fuzz.ratio(word, other) >= _LIKE_PERCENT for other in words) for word in wanted)
    return found / len(wanted)


def _words(text: str) -> list[str]:
    words = re.findall(r"\w+", text.casefold())
    return [word for word in words if word not in _EMPTY]


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."


def _texts(content: dict[str, Any]) -> list[str]:
    entries = content.get("facts")
    return (
        [entry for entry in entries if isinstance(entry, str) and entry]
        if isinstance(entries, list)
        else []
    )


def _answer(book: FactBook, spoken: str, **data: Any) -> dict[str, Any]:
    damage = book.take_damage()
    return {"spoken": f"{spoken} {damage}" if damage else spoken, **data}
