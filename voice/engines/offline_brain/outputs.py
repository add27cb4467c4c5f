"""Says what tools gave back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MAX_CHARS = 800
"""A longer result is cut at a word: nobody listens to pages."""

_MAX_FIELDS = 8
_SPOKEN_FIRST = re.compile(r'^\{"spoken":\s*("(?:[^"\\]|\\.)*")')


def say_outputs(outputs: Sequence[str]) -> str:
    """Return one text for one or more tool results, in order, without doubles."""
    return " ".join(dict.fromkeys(say_output(output) for output in outputs))


def say_output(output: str) -> str:
    """Return what to say for one tool result.

    JSON with the key ``spoken`` is said by that; an error is said as one; other JSON is put into
    plain words; any other text is said as it is. An empty result is "Done.".
    """
    output = output.strip()
    try:
        result = json.loads(output)
    except ValueError:
        # Cut at its size limit, an output is no JSON any more; what is to be said comes first.
        match = _SPOKEN_FIRST.match(output)
        result = json.loads(match[1]) if match else output
    except RecursionError:
        result = output
    return _sentence(_short(_say(result)))


def _say(result: Any) -> str:
    if isinstance(result, Mapping):
        return _say_object(result)
    if isinstance(result, list):
        return _join([_plain(item) for item in result[:_MAX_FIELDS]]) or "There is nothing."
    if result is None or result == "":
        return "Done."
    return _plain(result)


def _say_object(result: Mapping[str, Any]) -> str:
    spoken = result.get("spoken")
    if isinstance(spoken, str) and spoken.strip():
        return spoken
    error = result.get("error")
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("code")
    if error:
        return f"Sorry, that did not work: {_plain(error)}"
    for key in ("message", "text", "answer", "result"):
        if isinstance(result.get(key), str) and len(result) == 1:
            return str(result[key])
    fields = [(k, v) for k, v in result.items() if v not in (None, "", [], {})]
    return _join([f"{_words(k)} is {_plain(v)}" for k, v in fields[:_MAX_FIELDS]]) or "Done."


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case Mapping():
            return _join([f"{_words(k)} {_plain(v)}" for k, v in list(value.items())[:_MAX_FIELDS]])
        case list():
            return _join([_plain(item) for item in value[:_MAX_FIELDS]])
        case None:
            return "nothing"
    return str(value)


def _words(key: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(key))
    return " ".join(spaced.replace("_", " ").replace("-", " ").split()).lower()


def _join(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _short(text: str) -> str:
    if len(text) <= MAX_CHARS:
        return text
    return text[:MAX_CHARS].rsplit(None, 1)[0] + " … and more."


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…", '"')) else f"{text}."
