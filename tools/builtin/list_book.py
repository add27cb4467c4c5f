"""Lists and notes on disk."""

from __future__ import annotations

import re
from typing import Any

from tools import ToolContext, ToolError
from tools.store import JsonFile

MAX_LISTS = 50
MAX_ITEMS = 200
MAX_ITEM_CHARS = 120
MAX_NOTES = 500
MAX_NOTE_CHARS = 2_000

_SIMILAR_PERCENT = 80
_ALIASES = {
    "": "shopping", "grocery": "shopping", "groceries": "shopping", "shop": "shopping",
    "todo": "to-do", "to do": "to-do", "todos": "to-do", "to dos": "to-do", "task": "to-do",
    "tasks": "to-do",
}  # fmt: skip
_PAIRS = (
    "mac and cheese", "macaroni and cheese", "salt and pepper", "fish and chips", "half and half",
    "peanut butter and jelly", "gin and tonic", "oil and vinegar", "bread and butter",
    "ham and cheese", "cream and sugar", "sweet and sour", "pork and beans", "rice and beans",
    "bacon and eggs", "cookies and cream", "head and shoulders",
)  # fmt: skip


class ListBook:
    """A service: the person's lists and notes, one file each.

    All methods may be called from any thread.
    """

    def __init__(self, context: ToolContext) -> None:
        """Open the files of one data folder."""
        self._context = context
        self._lists = JsonFile(context.data_dir / "lists.json")
        self._notes = JsonFile(context.data_dir / "notes.json")

    def names(self) -> list[str]:
        """Return the names of the lists that hold something."""
        return [name for name, items in self._lists.read().items() if _strings(items)]

    def items(self, name: str) -> list[str]:
        """Return the items of a list, the oldest first; none for an unknown list."""
        return _strings(self._lists.read().get(name))

    def add(self, name: str, items: list[str]) -> tuple[list[str], list[str]]:
        """Add what is not there yet; return what was added and what was there.

        Raises ToolError when the list, or the number of lists, is full.
        """
        with self._lists.change() as content:
            kept = _strings(content.get(name))
            if name not in content and len(content) >= MAX_LISTS:
                raise ToolError(f"There are {MAX_LISTS} lists already. Clear one first.")
            there = [item for item in items if item.lower() in map(str.lower, kept)]
            added = [item for item in items if item not in there]
            if len(kept) + len(added) > MAX_ITEMS:
                raise ToolError(f"The {name} list is full. Remove something first.")
            content[name] = kept + added
        return added, there

    def remove(self, name: str, items: list[str]) -> tuple[list[str], list[str]]:
        """Remove items, also by a similar name; return what was removed and what was not found."""
        removed: list[str] = []
        missing: list[str] = []
        with self._lists.change() as content:
            kept = _strings(content.get(name))
            for item in items:
                match = _similar(item, kept)
                if match is None:
                    missing.append(item)
                else:
                    kept.remove(match)
                    removed.append(match)
            if removed:
                content[name] = kept
        return removed, missing

    def clear(self, name: str) -> int:
        """Empty a list; return how many items it had."""
        with self._lists.change() as content:
            return len(_strings(content.pop(name, None)))

    def put_back(self, name: str, places: list[tuple[int, str]]) -> None:
        """Put items where they were; ``places`` are (index, item) in rising order.

        What is on the list again already stays where it is.
        """
        with self._lists.change() as content:
            kept = _strings(content.get(name))
            for index, item in places:
                if item not in kept:
                    kept.insert(index, item)
            content[name] = kept[:MAX_ITEMS]

    def drop_note(self, text: str) -> None:
        """Take the newest note of these words away again; there may be none."""
        with self._notes.change() as content:
            notes = _notes(content)
            same = [place for place, note in enumerate(notes) if note["text"] == text]
            if same:
                content["notes"] = notes[: same[-1]] + notes[same[-1] + 1 :]

    def take_note(self, text: str) -> int:
        """Keep a note with the time; return how many there are. Raises ToolError when full."""
        with self._notes.change() as content:
            notes = _notes(content)
            if len(notes) >= MAX_NOTES:
                raise ToolError("There are too many notes already.")
            entry = {"text": text, "at": self._context.now().isoformat(timespec="seconds")}
            content["notes"] = [*notes, entry]
            return len(notes) + 1

    def notes(self) -> list[dict[str, str]]:
        """Return the notes as ``text`` and ``at``, the newest first."""
        return list(reversed(_notes(self._notes.read())))

    def take_damage(self) -> str | None:
        """Return one sentence if a file on disk was damaged, once."""
        parts = [self._lists.take_damage(), self._notes.take_damage()]
        return " ".join(part for part in parts if part) or None


def list_name(text: str) -> str:
    """Fold the name of a list: "my grocery list" is "shopping", "To-Do" is "to-do"."""
    words = re.sub(r"[^\w\s]", " ", text.lower().replace("-", " ")).split()
    kept = [word for word in words if word not in ("my", "the", "our", "a", "list", "lists")]
    name = " ".join(kept)[:40]
    return _ALIASES.get(name, name)


def split_items(text: str) -> list[str]:
    """Split "milk, eggs and bread" into items; "mac and cheese" stays whole."""
    text = " ".join(text.replace(";", ",").split()).strip(" .!?,")
    guarded = text
    for pair in _PAIRS:
        guarded = re.sub(
            rf"\b{pair}\b", lambda match: match[0].replace(" ", "\0"), guarded, flags=re.IGNORECASE
        )
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", guarded)
    items = [_clean(part.replace("\0", " ")) for part in parts if part != "and"]
    return list(dict.fromkeys(item for item in items if item))


def _clean(item: str) -> str:
    item = re.sub(r"^(?:some|a few|more|any|the|also)\s+", "", item.strip(), flags=re.IGNORECASE)
    return item[:MAX_ITEM_CHARS].strip()


def _similar(item: str, kept: list[str]) -> str | None:
    """Find an item by its name, its plural or what was misheard."""
    from rapidfuzz import fuzz, process

    wanted = item.lower()
    for candidate in kept:
        if candidate.lower() in (wanted, f"{wanted}s", wanted.removesuffix("s")):
            return candidate
    match = process.extractOne(
        wanted,
        {candidate: candidate.lower() for candidate in kept},
        scorer=fuzz.ratio,
        score_cutoff=_SIMILAR_PERCENT,
    )
    return None if match is None else str(match[2])


def _strings(value: Any) -> list[str]:
    """Read items from the file; what a person's editor broke is passed over."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _notes(content: dict[str, Any]) -> list[dict[str, str]]:
    entries = content.get("notes")
    if not isinstance(entries, list):
        return []
    return [
        {"text": entry["text"], "at": str(entry.get("at", ""))}
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("text"), str)
    ]
