"""What people who give orders mean by the same, and what they do not."""

from __future__ import annotations

from functools import lru_cache

_GROUPS = (
    "set start begin create make launch run open",
    "set put make",
    "cancel stop end delete kill abort clear remove dismiss off halt forget scrap ditch axe",
    "remove delete take scratch cross strike erase drop clear scrap bin ditch knock scrub",
    "clear empty wipe erase delete reset scrap bin purge",
    "tell show read say give list speak display announce hear check know",
    "what which",
    "add put write include append insert place jot stick throw pop shove chuck bung slip pencil",
    "note memo jot write record",
    "note remember",
    "up louder raise increase higher boost more crank",
    "down quieter lower decrease reduce softer less",
    "play hear listen put",
    "play start",
    "mute silence quiet shush silent hush",
    "turn switch toggle flick crank",
    "turn make set put change",
    "light lamp lights lamps",
    "call phone ring dial",
    "phone mobile cell smartphone",
    "buy order get purchase fetch grab",
    "book reserve",
    "find search locate look google",
    "send text message write",
    "weather forecast",
    "remind reminder remember",
    "convert change turn transform express",
    "calculate compute work figure solve",
    "die dice",
    "toss flip throw spin",
    "temperature heating heat thermostat",
    "shopping grocery groceries",
    "left remaining remain",
    "all everything every each",
    "back again",
    "day date weekday",
    "mean meaning definition define means",
    "running active going set",
    "big large huge",
    "small little tiny",
    "sound audio volume",
    "volume loudness sound loud quiet",
    "picture image photo drawing painting sketch illustration",
    "draw paint generate create sketch illustrate design",
    "remember save store keep note",
    "meeting appointment event",
    "schedule plan calendar agenda",
    "movie film",
    "song track tune music",
    "skip next",
    "pause stop halt",
    "resume continue unpause",
    "lock secure",
    "open unlock",
    "close shut",
    "news headlines",
    "email mail",
    "into to in",
    "on onto upon",
    "bring pull show open",
    "currently now",
    "undo reverse revert scrap",
    "internet web online net",
    "shop store supermarket",
    "done ready finished complete completed",
    "going progressing",
    "umbrella brolly",
    "rain raining rainy wet pour pouring shower showers",
    "snow snowing snowy",
    "sun sunny sunshine",
    "wind windy",
    "cold chilly freezing cool",
    "hot warm",
    "storm stormy thunderstorm",
    "new afresh anew fresh",
    "need require",
    "time hour clock",
    "alarm alarms",
    "wake alarm",
    "clean vacuum hoover",
    "i we he she they mum mom dad somebody someone",
    "write jot scribble pencil",
    "my our",
    "want fancy wish",
)

_OPPOSITES = (
    "on off",
    "up down",
    "louder quieter",
    "raise lower",
    "increase decrease",
    "more less",
    "start stop",
    "add remove",
    "add delete",
    "open close",
    "lock unlock",
    "mute unmute",
    "set cancel",
    "set off",
    "start off",
    "start cancel",
    "today tomorrow",
    "today yesterday",
    "tomorrow yesterday",
    "play pause",
    "play stop",
    "read write",
    "add read",
    "next previous",
    "hot cold",
    "timer alarm",
    "to by",
    "forget remember",
    "not note",
    "not noted",
    "not notes",
    "them everything",
    "it everything",
    "them all",
)


def _by_word() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for index, group in enumerate(_GROUPS):
        for word in group.split():
            groups.setdefault(word, set()).add(index)
    return {word: frozenset(indices) for word, indices in groups.items()}


_GROUPS_OF = _by_word()
_OPPOSED = frozenset(
    pair for line in _OPPOSITES for a, b in [line.split()] for pair in ((a, b), (b, a))
)


def are_synonyms(one: str, other: str) -> bool:
    """Say whether two different words may stand for the same order or thing."""
    return not _GROUPS_OF.get(one, frozenset()).isdisjoint(_GROUPS_OF.get(other, frozenset()))


def are_opposites(one: str, other: str) -> bool:
    """Say whether two words must never be taken for each other, however near they are in use."""
    if (one, other) in _OPPOSED:
        return True
    short, long = sorted((one, other), key=len)
    return long in (f"un{short}", f"dis{short}", f"non{short}")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a crude stem: "timers", "running" and "added" meet "timer", "run" and "add"."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word[: -len(ending)]
            if ending == "s" and root.endswith(("s", "u", "i")):
                continue
            if ending == "es" and not root.endswith(("s", "x", "z", "ch", "sh", "o")):
                continue
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls":
                root = root[:-1]
            return root.rstrip("e") if ending in ("ing", "ed") else root
    return word.rstrip("e") if len(word) > 3 else word


CHOICE_WORDS: dict[str, str] = {
    "up": "louder loudly higher raise increase more brighter warmer increased boost upwards",
    "down": "quieter quietly softer softly lower reduce decrease less dimmer cooler decreased "
    "downwards",
    "on": "enable start activate",
    "off": "disable stop deactivate out",
    "increase": "up louder higher raise more brighter warmer boost",
    "decrease": "down quieter softer lower reduce less dimmer cooler",
    "louder": "up higher raise increase more",
    "quieter": "down softer lower reduce decrease less",
    "start": "begin begins run on go resume",
    "stop": "end halt off finish quit pause",
    "open": "unlock raise",
    "close": "shut lower",
    "next": "skip forward",
    "previous": "back last before",
    "small": "little tiny",
    "large": "big huge biggest",
    "true": "yes on",
    "false": "no off",
    "celsius": "centigrade c metric",
    "fahrenheit": "f imperial",
}
"""Words that mean a choice of a parameter although they are not its name."""
