from __future__ import annotations

import asyncio

from voice.core.updates import (
    AssistantTranscript,
    EndpointChanged,
    Interrupted,
    QuestionAsked,
    TranscriptCorrected,
    UserTranscript,
)
from voice.tool_surroundings import MAX_TURNS, Place, ToolSurroundings


class Session:
    """Notes what it is told to ask."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.over = 0
        self.was_asked = asyncio.Event()

    def ask(self, question: str) -> None:
        self.asked.append(question)
        self.was_asked.set()

    def end(self) -> None:
        self.over += 1


def attached(now_s: float = 10.0) -> tuple[ToolSurroundings, Session]:
    session = Session()
    around = ToolSurroundings(now_s=lambda: now_s)
    around.attach(session.ask, session.end, Place("ours"))
    return around, session


async def test_a_turn_that_began_after_the_question_is_its_answer() -> None:
    around, session = attached()
    asking = asyncio.create_task(around.ask("Which colour?"))
    await session.was_asked.wait()
    around.take(QuestionAsked("Which colour?"))

    assert around.answered("Blue.", began_s=11.0)
    assert await asking == "Blue."
    assert (session.asked, session.over) == (["Which colour?"], 1)


async def test_what_was_said_before_the_question_is_no_answer() -> None:
    around, session = attached()
    asking = asyncio.create_task(around.ask("Which colour?"))
    await session.was_asked.wait()
    assert not around.answered("Hurry.", began_s=9.0)
    around.take(QuestionAsked("Which colour?"))

    assert not around.answered("Hurry.", began_s=9.0)
    assert not around.answered("Hurry.", began_s=None)
    assert not around.answered("  ", began_s=11.0)
    assert around.answered("Blue.", began_s=11.0)
    assert not around.answered("Red.", began_s=12.0)
    assert await asking == "Blue."


async def test_others_may_ask_once_the_tool_has_its_answer() -> None:
    around, session = attached()
    await around.free()
    asking = asyncio.create_task(around.ask("Which colour?"))
    await session.was_asked.wait()
    waiting = asyncio.create_task(around.free())
    around.take(QuestionAsked("Which colour?"))
    assert not waiting.done()
    assert around.answered("Blue.", began_s=11.0)
    await asyncio.wait_for(waiting, 5)
    assert asking.done()


async def test_a_question_that_is_given_up_is_taken_back() -> None:
    around, session = attached()
    asking = asyncio.create_task(around.ask("Which colour?"))
    await session.was_asked.wait()
    asking.cancel()
    await asyncio.wait({asking})

    assert session.over == 1
    assert not around.answered("Blue.", began_s=11.0)


async def test_before_the_session_there_is_nobody_to_ask() -> None:
    assert await ToolSurroundings().ask("Which colour?") is None


def test_the_conversation_holds_what_was_heard() -> None:
    around = ToolSurroundings()
    around.take(UserTranscript("u1", "Tell me a story.", is_final=True))
    for word in ("Once", " upon", " a time."):
        around.take(AssistantTranscript("r1", "a1", word, is_final=False))
    around.take(AssistantTranscript("r1", "a1", "Once upon a time.", is_final=True))
    assert around.conversation()[-1] == ("assistant", "Once upon a time.")

    around.take(Interrupted("a1", 300, "Once upon", " a time."))
    assert around.conversation() == (("user", "Tell me a story."), ("assistant", "Once upon"))
    around.take(TranscriptCorrected("a1", "Once"))
    around.typed("Stop.")
    assert around.conversation()[1:] == (("assistant", "Once"), ("user", "Stop."))


def test_an_answer_of_which_nothing_was_heard_was_not_said() -> None:
    around = ToolSurroundings()
    around.take(AssistantTranscript("r1", "a1", "Once upon a time.", is_final=True))
    around.take(Interrupted("a1", 0, "", "Once upon a time."))
    assert around.conversation() == ()


def test_the_conversation_is_bounded() -> None:
    around = ToolSurroundings()
    for number in range(MAX_TURNS + 5):
        around.typed(str(number))
    assert len(around.conversation()) == MAX_TURNS
    assert around.conversation()[-1] == ("user", str(MAX_TURNS + 4))


def test_the_place_follows_the_endpoint_that_is_in_use() -> None:
    first, second = Place(endpoint="openai"), Place(endpoint="our own server")
    around = ToolSurroundings()
    around.attach(lambda question: None, lambda: None, first, second)
    assert around.place == first
    around.take(EndpointChanged("our own server", 1, "openai is gone"))
    assert around.place == second
    around.take(EndpointChanged("openai", 0, ""))
    assert around.place == first


def test_a_session_that_opened_at_a_fallback_is_there() -> None:
    around = ToolSurroundings()
    around.take(EndpointChanged("our own server", 1, "openai is gone"))
    around.attach(lambda question: None, lambda: None, Place("openai"), Place("our own server"))
    assert around.place.endpoint == "our own server"
