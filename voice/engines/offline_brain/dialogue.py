"""Reads a whole conversation: answers to our own questions, "and in Tokyo?", tool results.

Nothing is remembered between calls: what was asked before is read again from the conversation
itself, so that what a person did not hear, or a client deleted, has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from voice.engines.offline_brain import offers
from voice.engines.offline_brain.outputs import say_outputs
from voice.engines.offline_brain.parameters import FREE, Parameter, Wants
from voice.engines.offline_brain.reading import (
    ALL_RIGHT,
    Ask,
    Calls,
    Chat,
    Confirm,
    PlannedCall,
    Reader,
    Reading,
    Say,
)
from voice.engines.offline_brain.smalltalk import (
    ANSWERS,
    CANCEL,
    JOKES,
    NO,
    YES,
    Topic,
    is_one_of,
)
from voice.engines.offline_brain.tokens import tokenize, words_of
from voice.engines.offline_brain.utterance import Utterance
from voice.engines.offline_brain.values import Today, fill_from_answer
from voice.engines.offline_brain.wishes import CERTAIN
from voice.engines.ports import BrainMessage, BrainRequest
from voice.protocol.items import ANNOUNCE_PREFIX

_MAX_TURNS_BACK = 4
"""Questions and answers that are read again: a tool rarely lacks more than that."""

_MAX_TOLD = 4
"""Results that are told at once."""

_NEW_WISH = 0.75
"""Score from which an answer to our question is a new wish instead."""

_LEAD_INS = (
    ("and", "what", "about"), ("and", "how", "about"), ("what", "about"), ("how", "about"),
    ("and",), ("also",), ("or",), ("same", "for"), ("now",),
)  # fmt: skip
_LONGEST_ELLIPSIS = 7
_WHAT_NOW = "All right. What can I do for you?"
_NO_PICTURES = f"I cannot see pictures; for that, {offers.HOW_TO_CONNECT}."
_LISTENING = "I am listening."


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a user said, and what the assistant had said right before."""

    said: str
    before: str


class Dialogue:
    """Answers conversations over one tool set."""

    def __init__(self, reader: Reader, *, today: Today) -> None:
        """Read with ``reader``; ``today`` is asked for parameters that want an ISO date."""
        self._reader = reader
        self._today = today

    def answer(self, request: BrainRequest) -> Calls | Say:
        """Return what to do now: speak, or make calls."""
        messages = request.messages
        last = messages[-1] if messages else BrainMessage("system")
        match last.role:
            case "tool":
                return self._after_tools(request)
            case "system":
                return (
                    Say(last.text.removeprefix(ANNOUNCE_PREFIX).strip())
                    if (last.text.startswith(ANNOUNCE_PREFIX))
                    else Say(ANSWERS[Topic.HELLO])
                )
            case "assistant":
                return Say(_LISTENING)
        if last.image_urls and not last.text.strip():
            return Say(_NO_PICTURES)
        return self._speakable(self._conversation(messages, request.tool_choice), messages)

    def _after_tools(self, request: BrainRequest) -> Calls | Say:
        """Say the results; where calls are made one by one, first make the next."""
        messages = request.messages
        outputs = _untold(messages)
        if not request.parallel_tool_calls and request.tool_choice != "none":
            user = max((i for i, m in enumerate(messages) if m.role == "user"), default=None)
            if user is not None:
                planned = self._conversation(messages[: user + 1], "auto")
                done = sum(len(m.calls) for m in messages[user:])
                if isinstance(planned, Calls) and done < len(planned.calls):
                    return Calls(planned.calls[done : done + 1])
                outputs = [m.text for m in messages[user:] if m.role == "tool"]
        return Say(say_outputs(outputs))

    def _speakable(self, reading: Reading, messages: Sequence[BrainMessage]) -> Calls | Say:
        match reading:
            case Calls() | Say():
                return reading
            case Ask() | Confirm():
                return Say(reading.text)
            case Chat():
                return Say(self._chat(reading.topic, messages))

    def _chat(self, topic: Topic, messages: Sequence[BrainMessage]) -> str:
        tools = self._reader.tools
        match topic:
            case Topic.WHO_ARE_YOU:
                return offers.introduction(tools)
            case Topic.ABILITIES:
                return offers.all_abilities(tools)
            case Topic.JOKE:
                return JOKES[sum(m.role == "user" for m in messages) % len(JOKES)]
            case Topic.AGAIN:
                said = [m.text for m in messages if m.role == "assistant" and m.text.strip()]
                return said[-1] if said else "I have not said anything yet."
        return ANSWERS[topic]

    def _conversation(self, messages: Sequence[BrainMessage], tool_choice: str) -> Reading:
        """Read the last turn in the light of those before it."""
        turns = _turns(messages)[-_MAX_TURNS_BACK:]
        reading: Reading | None = None
        for turn in turns[:-1]:
            reading = self._turn(turn, reading, "auto")
        return self._turn(turns[-1], reading, tool_choice)

    def _turn(self, turn: _Turn, previous: Reading | None, tool_choice: str) -> Reading:
        """Read one turn, given what the turn before it came to."""
        fresh = self._reader.read(turn.said, tool_choice)
        if previous is None or tool_choice not in ("auto", "required"):
            return fresh
        utterance = Utterance(turn.said)
        match previous:
            # Nothing said before: the user went on, and never heard the question.
            case Ask() if not turn.before or _was_said(previous.text, turn.before):
                return self._filled(previous, utterance, fresh)
            case Confirm() if _was_said(previous.text, turn.before):
                return self._confirmed(previous, utterance, fresh)
            case Calls() if not self._is_certain(utterance):
                return self._varied(previous, utterance) or fresh
        return fresh

    def _is_certain(self, utterance: Utterance) -> bool:
        matches = self._reader.matcher.match(utterance)
        return bool(matches) and matches[0].score >= CERTAIN

    def _filled(self, asked: Ask, utterance: Utterance, fresh: Reading) -> Reading:
        """Take the answer to our question for a parameter."""
        if is_one_of(CANCEL | NO, utterance.words, utterance.core):
            return Say(ALL_RIGHT)
        parameter = self._parameter(asked.match.tool, asked.parameter)
        needed = CERTAIN if parameter.wants in FREE else _NEW_WISH
        matches = self._reader.matcher.match(utterance)
        if isinstance(fresh, Calls | Ask) and matches and matches[0].score >= needed:
            if matches[0].tool != asked.match.tool or not matches[0].missing:
                return fresh
        got = fill_from_answer(parameter, utterance, self._today)
        if got is None:
            return replace(asked, text=f"Sorry, {asked.text[0].lower()}{asked.text[1:]}")
        match = replace(
            asked.match,
            arguments={**asked.match.arguments, asked.parameter: got},
            missing=tuple(n for n in asked.match.missing if n != asked.parameter),
        )
        return self._reader.act(match)

    def _confirmed(self, asked: Confirm, utterance: Utterance, fresh: Reading) -> Reading:
        """Take the answer to "did you mean"."""
        if is_one_of(YES, utterance.words, utterance.core):
            return self._reader.act(asked.match)
        if is_one_of(NO | CANCEL, utterance.words, utterance.core):
            return Say(_WHAT_NOW)
        return fresh

    def _varied(self, done: Calls, utterance: Utterance) -> Reading | None:
        """Read "and in Tokyo?" as the last call with another argument; None for anything else."""
        lead = next((p for p in _LEAD_INS if tuple(utterance.words[: len(p)]) == p), None)
        if lead is None or len(utterance.words) - len(lead) > _LONGEST_ELLIPSIS:
            return None
        rest = Utterance(utterance.text[utterance.tokens[len(lead) - 1].end :])
        if not rest.words:
            return None
        call = done.calls[-1]
        parameters = self._reader.matcher.index.parameters[call.tool]
        given = sorted(parameters.values(), key=lambda p: p.name not in call.arguments)
        for parameter in (p for p in given if p.wants not in FREE):
            if (got := fill_from_answer(parameter, rest, self._today)) is not None:
                return _with(call, parameter.name, got)
        for parameter in given:
            fits = parameter.name in call.arguments or parameter.wants is Wants.PLACE
            if fits and parameter.wants in FREE:
                got = fill_from_answer(parameter, rest, self._today)
                return None if got is None else _with(call, parameter.name, got)
        return None

    def _parameter(self, tool: int, name: str) -> Parameter:
        return self._reader.matcher.index.parameters[tool][name]


def _untold(messages: Sequence[BrainMessage]) -> list[str]:
    """Return the results at the end, and those before them that nobody was told yet.

    Somebody who goes on talking while an answer begins asks for both. Of the earlier results only
    those with something to say count: some tools want no words.
    """
    outputs: list[str] = []
    is_latest = True
    for message in reversed(messages):
        if message.role == "tool":
            if is_latest or message.text.startswith('{"spoken":'):
                outputs.insert(0, message.text)
        elif message.role == "assistant" and message.text.strip():
            break
        elif message.role == "user":
            is_latest = False
    return outputs[-_MAX_TOLD:]


def _with(call: PlannedCall, name: str, value: Any) -> Calls:
    return Calls((PlannedCall(call.tool, {**call.arguments, name: value}),))


def _turns(messages: Sequence[BrainMessage]) -> list[_Turn]:
    """Return the user's turns, each with what the assistant had said since the one before."""
    turns: list[_Turn] = []
    before: list[str] = []
    for message in messages:
        if message.role == "user":
            turns.append(_Turn(message.text, " ".join(before)))
            before = []
        elif message.role == "assistant" and message.text.strip():
            before.append(message.text.strip())
    return turns


def _was_said(question: str, heard: str) -> bool:
    """Say whether our question, or the beginning of it that was heard, is what came before."""
    asked, said = words_of(tokenize(question)), words_of(tokenize(heard))
    while said[:1] == ["sorry"] and asked[:1] != ["sorry"]:
        said = said[1:]
    while asked[:1] == ["sorry"] and said[:1] != ["sorry"]:
        asked = asked[1:]
    return bool(said) and (asked[: len(said)] == said or said[-len(asked) :] == asked)
