"""Shopping and other lists, and notes."""

from __future__ import annotations

from typing import Any

from tools import ToolContext, ToolError, tool
from tools.builtin.list_book import MAX_NOTE_CHARS, ListBook, list_name, split_items
from tools.spoken.numbers import join_spoken, number_in_words

_SPOKEN_ITEMS = 20
_SPOKEN_NOTES = 5


@tool(
    examples=[
        "add {item} [please]",
        "(add|put|include|write) {item} (to|on|onto) (my|the) [{list_name}] list",
        "(get|put) [some] [more] {item} on (my|the) [{list_name}] list",
        "we need [some] [more] {item}",
        "(remind me to buy|buy|get) {item}",
        "(i|we) (have to|need to|must|should) (buy|get) [some] {item}",
        "(write {item} down for shopping|next time i shop i need {item})",
        "{item} (should|needs to|has to|must|can) go on (my|the) [{list_name}] list",
        "{item} (goes on|belongs on|for) (my|the) [{list_name}] list",
        "we (are|have run|are running) (out of|low on|short of) {item}",
        "(i am|we are) [all|nearly|almost] (out of|low on) {item}",
        "(remember|don't forget|don't let me forget) to (buy|get|pick up) [some] {item}",
        "we could (use|do with) [some] [more] {item}",
        "(make sure|see to it) (we|that we|i) (get|buy) [some] {item}",
        "{item} (is|are) (nearly|almost) (gone|finished|empty|used up)",
        "(the|my) {item} (is|are|has) (all gone|finished|empty|used up|run out|running low)",
        "(pick up|grab|fetch|bring) [some] {item} [from the (shop|store|supermarket)]",
        "(get|buy|need) (more|some|another) {item}",
        "i want {item} on (my|the) [{list_name}] list",
        "(my|the) [{list_name}] list (needs|should have|should include) {item}",
        "(note|mark) {item} (on|for) (my|the) [{list_name}] list",
        "(note|mark|jot|put) down {item} (on|for) (my|the) [{list_name}] list",
        "{item} (put|add) (it|them|that) (on|to) (my|the) [{list_name}] list",
        "(add|put) {item} (on there [for shopping]|to the groceries|to the shopping|to it|on it)",
        "there is (no|no more|hardly any|barely any) {item} left",
        "we (have|have got) no [more] {item} [left]",
        "i (need|have|want|ought) to (pick up|grab|fetch|get hold of) [some] {item}",
        "i (used|finished|drank|ate) [up] [the last of|all] the {item}",
        "[my|the] {list_name} list [add|put] {item}",
        "(add|put) (to|on|onto) (my|the) [{list_name}] list {item}",
    ],
)
def add_to_list(ctx: ToolContext, item: str, list_name: str = "shopping") -> dict[str, Any]:
    """Put one or several things on a shopping list or another list.

    Args:
        ctx: Given by the registry.
        item: What to add; several things may be separated by commas or "and".
        list_name: Which list, such as "shopping" or "to-do".
    """
    name = _name(list_name)
    items = split_items(item)
    if not items:
        raise ToolError("Tell me what to put on the list.")
    book = ctx.service(ListBook)
    added, there = book.add(name, items)
    if added:
        ctx.undoable(
            f"I took {join_spoken(added)} off your {name} list again.",
            lambda: _take_off(book, name, added),
        )
        spoken = f"I added {join_spoken(added)} to your {name} list."
        if there:
            spoken += f" You already had {join_spoken(there)}."
    else:
        spoken = f"You already have {join_spoken(there)} on your {name} list."
    return _answer(book, spoken, list=name, added=added, items=book.items(name))


@tool(
    examples=[
        "(remove|delete|take) {item} (from|off) (my|the) {list_name} list",
        "(remove|delete|take) {item} (from|off) (my|the) list",
        "(cross|scratch|strike|take) {item} off",
        "(cross|scratch|strike|take) off {item}",
        "i [already] (got|have|bought) [the] {item}",
        "we don't need {item} [anymore|any more]",
        "i (have|'ve) [already] (got|bought) [the] {item}",
        "(strike|scratch|cross|drop) {item} (from|off) (my|the) [{list_name}] list",
        "(scratch|forget|drop) the {item} i have (some|it|enough)",
        "you can (take|cross) {item} off (my|the) [{list_name}] list",
        "{item} can come off (my|the) [{list_name}] list",
        "{item} (is|are)n't needed (anymore|any more)",
        "{item} (is|are) (not needed|no longer needed)",
        "we have enough {item} [drop it from the list]",
        "i don't (need|want) [the|any] {item} (anymore|any more)",
        "i've got the {item} already take it off [the list]",
        "(no more|i don't want) {item} on (my|the) [{list_name}] list",
        "(remove|delete|take) {item} (from|off) (my|the) (groceries|shopping)",
        "forget the {item} (i found|i have|we have) some",
        "(delete|remove|erase) {item} from (my|the) [{list_name}] list",
        "i (picked up|have picked up|collected|found) [the] {item} [already] [take it off]",
        "(knock|get|bin|wipe|tick|check|remove) {item} (off|from) (my|the) [{list_name}] list",
        "(tick|check|mark) (off {item}|{item} off)",
        "{item} (is|are) (done|bought|sorted|taken care of) [remove it|tick it off]",
        "i no longer (need|want) [the|any] {item}",
        "(we|i) [already] have (plenty of|enough|the|some) {item}",
        "(no need|there is no need) (for|to buy|to get) [the|any] {item}",
        "(leave|take) {item} off (my|the) [{list_name}] list",
        "(take|cross|tick) off {item} from (my|the) [{list_name}] list",
        "(remove|delete|take) (from|off) (my|the) [{list_name}] list {item}",
    ],
)
def remove_from_list(ctx: ToolContext, item: str, list_name: str = "shopping") -> dict[str, Any]:
    """Take one or several things off a list.

    Args:
        ctx: Given by the registry.
        item: What to remove; several things may be separated by commas or "and".
        list_name: Which list, such as "shopping" or "to-do".
    """
    name = _name(list_name)
    book = ctx.service(ListBook)
    before = book.items(name)
    removed, missing = book.remove(name, split_items(item))
    if not removed:
        what = f"no {join_spoken(missing)}" if missing else "nothing like that"
        raise ToolError(f"I found {what} on your {name} list.")
    places = [(place, entry) for place, entry in enumerate(before) if entry in removed]
    ctx.undoable(
        f"I put {join_spoken(removed)} back on your {name} list.",
        lambda: book.put_back(name, places),
    )
    spoken = f"I took {join_spoken(removed)} off your {name} list."
    if missing:
        spoken += f" I found no {join_spoken(missing)} on it."
    return _answer(book, spoken, list=name, removed=removed, items=book.items(name))


@tool(
    effect="read",
    examples=[
        "(what's|what is) on (my|the) [{list_name}] list",
        "read [me] (my|the) [{list_name}] list",
        "(show|tell) me (my|the) [{list_name}] list",
        "what do (i|we) (need|have) to buy",
        "what (is|do i have) on my {list_name} list",
        "do i have anything on (my|the) [{list_name}] list",
        "what have i got on (my|the) [{list_name}] list",
        "is there anything on (my|the) [{list_name}] list",
        "(tell me|read me|hear) everything (on (my|the) [{list_name}] list|i need to buy)",
        "what do (i|we) still (need|have) to (buy|get)",
        "(what|do we still) (do we need|need anything) from the (store|shop|supermarket)",
        "read (my|the) [{list_name}] list [out] to me",
        "what is (still|left|missing) on (my|the) [{list_name}] list",
        "is it [already] on (my|the) [{list_name}] list",
        "(give me|let me hear) (my|the) [{list_name}] list",
        "(go|run) (over|through) (my|the) [{list_name}] list [with me|for me]",
        "(run|take|talk|walk) (me|us) through (my|the) [{list_name}] list",
        "what (did i|have i|did we) put on (my|the) [{list_name}] list",
        "(read|say) (back|out) (my|the) [{list_name}] list",
        "what does (my|the) [{list_name}] list (say|look like|have on it)",
        "how many (things|items) (are|do i have) on (my|the) [{list_name}] list",
        "(do i|do we|did i) need [to (buy|get)] anything",
        "what (else|all) (do i|do we) (need|have) (from|at|to get at) the (store|shop|market)",
        "(anything|what else is) on (my|the) [{list_name}] list",
        "what (am i|are we) (out of|missing|short of)",
        "what is left to (buy|get|do)",
        "(check|let me see) (my|the) [{list_name}] list",
        "what (is there|do i have|have i got) to do [today]",
    ],
)
def read_list(ctx: ToolContext, list_name: str = "shopping") -> dict[str, Any]:
    """Read out what is on a list.

    Args:
        ctx: Given by the registry.
        list_name: Which list, such as "shopping" or "to-do".
    """
    name = _name(list_name)
    book = ctx.service(ListBook)
    items = book.items(name)
    if items:
        spoken = f"On your {name} list: {join_spoken(_shortened(items, _SPOKEN_ITEMS))}."
    else:
        spoken = f"Your {name} list is empty."
        others = [other for other in book.names() if other != name]
        if others:
            are = "lists are" if len(others) > 1 else "list is"
            spoken += f" Your other {are} {join_spoken(_shortened(others, 5))}."
    return _answer(book, spoken, list=name, items=items)


@tool(
    examples=[
        "(clear|empty|delete|erase) (my|the) {list_name} list",
        "(clear|empty|delete|erase) (my|the) list",
        "(remove|delete) everything (from|on) (my|the) [{list_name}] list",
        "start a new {list_name} list",
        "start (my|the) [{list_name}] list (new|again)",
        "i don't need (my|the) [{list_name}] list anymore",
        "i don't need (anything|what is) on (my|the|that) [{list_name}] list anymore",
        "i (bought|got) everything",
        "(wipe|reset) (my|the) [{list_name}] list",
        "(empty|erase|clear|wipe) the (whole|entire) [{list_name}] list",
        "(erase|wipe|clear) everything on (my|the) [{list_name}] list",
        "my [{list_name}] list can be (deleted|cleared|emptied)",
        "throw away (my|the) [{list_name}] list",
        "(start|begin) (my|the) [{list_name}] list (from scratch|over|fresh|afresh)",
        "(clear|empty|clean) out (my|the) [{list_name}] list",
        "(take|get rid of|clear) everything (off|on|from) (my|the) [{list_name}] list",
        "(delete|remove) the (whole|entire) [{list_name}] list",
    ],
)
def clear_list(ctx: ToolContext, list_name: str = "shopping") -> dict[str, Any]:
    """Take everything off a list.

    Args:
        ctx: Given by the registry.
        list_name: Which list, such as "shopping" or "to-do".
    """
    name = _name(list_name)
    book = ctx.service(ListBook)
    places = list(enumerate(book.items(name)))
    count = book.clear(name)
    if count:
        ctx.undoable(f"Your {name} list is as it was.", lambda: book.put_back(name, places))
        things = "thing" if count == 1 else "things"
        spoken = f"I cleared your {name} list. It had {number_in_words(count)} {things} on it."
    else:
        spoken = f"Your {name} list was already empty."
    return _answer(book, spoken, list=name, removed=count)


@tool(
    examples=[
        "take a note [that] {text}",
        "(make|write) a note [that] {text}",
        "note [down] that {text}",
        "(write|jot) down [that] {text}",
        "note to self {text}",
        "don't let me forget that {text}",
        "note that {text}",
        "(add|new) [a] note {text}",
        "(put|take) down [that] {text}",
        "(can|could) you note that {text}",
        "make a note [about|of] {text}",
        "(put|write) {text} in my notes",
        "note for later [that] {text}",
        "i (need|want) to (note|write down) something {text}",
        "(get|take|write|jot|note) (this|that|it|something) down {text}",
        "(make|take|leave) a [quick] note to [self to] {text}",
        "(write|leave|make|take) (a|me a) note (saying|that says|to say) {text}",
        "{text} (write|jot|note|get) (that|it|this) down",
        "(put|add) (in|to) my notes [that] {text}",
        "(quick|new) note {text}",
        "note (for me|to myself) [that] {text}",
    ],
)
def take_note(ctx: ToolContext, text: str) -> dict[str, Any]:
    """Write down a note.

    Args:
        ctx: Given by the registry.
        text: What to write down.
    """
    text = " ".join(text.split())
    if not text:
        raise ToolError("Tell me what to write down.")
    if len(text) > MAX_NOTE_CHARS:
        raise ToolError("That is too long for one note.")
    book = ctx.service(ListBook)
    count = book.take_note(text)
    ctx.undoable("I threw that note away again.", lambda: book.drop_note(text))
    return _answer(book, "I wrote that down.", text=text, notes=count)


@tool(
    effect="read",
    examples=[
        "read [me] my notes",
        "what are my notes",
        "(show|tell) me my notes",
        "what did i (write down|note|note down)",
        "do i have [any] notes",
        "what did i ask you to write down",
        "(what|which) notes do i have",
        "read out my notes",
        "go through my notes",
        "what have i (written down|noted)",
        "(show me|tell me) what i (noted|wrote down)",
        "are there any notes",
        "have i (noted|written down) anything",
        "read (back my notes|my notes back) [to me]",
        "what is in my notes",
        "(hear|see|check|open|show|pull up|read me) my [last|latest] notes",
        "(read|tell) me my (last|latest) note",
        "what (was|is) (the|my) (last|latest|newest) note",
        "(hear|read) [me] [all] the notes (i have|i) (taken|made|took|saved)",
        "(which|what) notes (have|did) i (taken|made|saved|take|make)",
        "what did i (jot|take|scribble) down",
        "(anything|what is) in my notes",
    ],
)
def read_notes(ctx: ToolContext) -> dict[str, Any]:
    """Read out the notes, the newest first.

    Args:
        ctx: Given by the registry.
    """
    book = ctx.service(ListBook)
    notes = book.notes()
    if not notes:
        spoken = "You have no notes."
    else:
        texts = [_sentence(note["text"]) for note in notes[:_SPOKEN_NOTES]]
        count = number_in_words(len(notes))
        if len(notes) == 1:
            spoken = f"You have one note. {texts[0]}"
        elif len(notes) > _SPOKEN_NOTES:
            spoken = f"You have {count} notes. The latest are: {' '.join(texts)}"
        else:
            spoken = f"You have {count} notes. {' '.join(texts)}"
    return _answer(book, spoken, notes=notes[:50])


def _take_off(book: ListBook, name: str, items: list[str]) -> None:
    book.remove(name, items)


def _name(text: str) -> str:
    return list_name(text)


def _answer(book: ListBook, spoken: str, **data: Any) -> dict[str, Any]:
    damage = book.take_damage()
    return {"spoken": f"{spoken} {damage}" if damage else spoken, **data}


def _shortened(items: list[str], limit: int) -> list[str]:
    if len(items) <= limit:
        return items
    return [*items[:limit], f"{number_in_words(len(items) - limit)} more"]


def _sentence(text: str) -> str:
    text = _capital(text)
    return text if text[-1] in ".!?" else f"{text}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
