"""What the brain says of itself and of its tools: offers, questions, and honest refusals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voice.engines.offline_brain.parameters import Parameter, Wants
from voice.engines.ports import BrainTool

HOW_TO_CONNECT = "set brain.base_url in voice.toml, or VOICE_BRAIN__BASE_URL"

_ASIDE = re.compile(r"[,;:(—–].*")
_TAIL = re.compile(
    r"\s(?:that|which|when|so that|such as|for example|here or|in any|or another|or any)\b.*"
)
_MAX_WORDS = 7


def ability(tool: BrainTool) -> str:
    """Return what a tool does, as words that follow "I can": "set a timer"."""
    sentence = re.split(r"(?<=[.!?])\s", tool.description.strip(), maxsplit=1)[0].rstrip(".!?")
    plain = _ASIDE.sub("", sentence).strip() or sentence
    short = _TAIL.sub("", plain).strip()
    short = short if " " in short else plain
    words = short.split()
    if not words or len(words) > _MAX_WORDS + 3:
        return re.sub(r"[_\W]+", " ", tool.name).strip().lower()
    kept = words[:_MAX_WORDS] if len(words) > _MAX_WORDS + 2 else words
    first = kept[0] if kept[0].isupper() and len(kept[0]) > 1 else kept[0].lower()
    return " ".join([first, *kept[1:]])


def abilities(tools: Sequence[BrainTool], likely: Sequence[int] = (), count: int = 3) -> str:
    """Return "set a timer, tell the time or …" of ``count`` tools, the likely ones first.

    "" where no tool can be called by an example sentence.
    """
    order = [*likely, *range(len(tools))]
    said = list(dict.fromkeys(ability(tools[i]) for i in order if tools[i].examples))[:count]
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} or {said[-1]}"


def not_understood(tools: Sequence[BrainTool], likely: Sequence[int]) -> str:
    """Return the honest sentence for what matches nothing."""
    offer = abilities(tools, likely)
    if not offer:
        return f"Sorry, I did not understand; to talk freely, {HOW_TO_CONNECT}."
    return f"Sorry, I did not understand that; I can {offer}."


def needs_model(tools: Sequence[BrainTool], likely: Sequence[int]) -> str:
    """Return the honest sentence for a question of general knowledge."""
    offer = abilities(tools, likely)
    until = f"; until then I can {offer}" if offer else ""
    return f"For such questions a language model must be connected: {HOW_TO_CONNECT}{until}."


def introduction(tools: Sequence[BrainTool]) -> str:
    """Return who the brain is."""
    offer = abilities(tools)
    can = f" I can {offer}." if offer else ""
    return f"I am a voice assistant that works without the internet.{can}"


def all_abilities(tools: Sequence[BrainTool]) -> str:
    """Return what the brain can do, up to eight things, and how it could do more."""
    offer = abilities(tools, count=8)
    can = f"I can {offer}" if offer else "I can only chat a little"
    return f"{can}. To let me answer any question, {HOW_TO_CONNECT}."


def question_for(parameter: Parameter) -> str:
    """Return the one sentence that asks for a parameter."""
    match parameter.wants:
        case Wants.DURATION:
            return "For how long?"
        case Wants.TIME:
            return "For what time?"
        case Wants.DATE:
            return "For which day?"
        case Wants.WHEN:
            return "When?"
        case Wants.CHOICE:
            return f"Which {parameter.words}: {_options(parameter)}?"
        case Wants.SWITCH:
            return f"{parameter.words.capitalize()}, yes or no?"
        case Wants.NUMBER:
            return _ask_number(parameter)
        case Wants.EXPRESSION:
            return "What should I work out?"
        case Wants.TEXT:
            return f"What is the {_noun(parameter)}?"
        case Wants.UNIT | Wants.PLACE | Wants.NAME | Wants.ITEMS | Wants.UNKNOWN:
            return _ask_which(parameter)


def _ask_number(parameter: Parameter) -> str:
    words = parameter.words
    plural = words.endswith("s") or words in ("people", "children")
    return f"How many {words}?" if plural else f"What {words}?"


def _ask_which(parameter: Parameter) -> str:
    """Ask "Which city?", "To which unit?", and "Who?" of a recipient."""
    lead, _, rest = parameter.words.partition(" ")
    if rest and lead in ("to", "from", "into"):
        return f"{lead.capitalize()} which {rest}?"
    return f"Which {_noun(parameter)}?"


def _noun(parameter: Parameter) -> str:
    """Return a noun for a parameter: its name, or what its description begins with."""
    if len(parameter.words) > 4 or parameter.words in ("item", "text", "word", "city", "room"):
        return parameter.words
    match = re.match(
        r"(?:the |a |an |which |what )?([a-z]+(?: [a-z]+)?)\b", parameter.description.lower()
    )
    return match[1] if match else parameter.words


def _options(parameter: Parameter) -> str:
    names = [re.sub(r"_+", " ", str(choice)) for choice in parameter.choices[:8]]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def did_you_mean(phrase: str) -> str:
    """Return the question that a doubtful match asks back."""
    return f"Did you mean: {phrase}?"


def should_i(tool: BrainTool, phrase: str) -> str:
    """Return that question where ``phrase`` alone would only echo the user."""
    return f"Should I {ability(tool)}: {phrase}?"
