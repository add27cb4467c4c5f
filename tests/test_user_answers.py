from __future__ import annotations

import asyncio

from voice.core.updates import (
    AssistantTranscript,
    QuestionAsked,
    ToolCallFinished,
    UserSpeechStarted,
    UserTranscript,
)
from voice.tool_surroundings import Place, ToolSurroundings
from voice.user_answers import UserAnswers


class Asker:
    """Writes down what it is told."""

    question = "Shall I delete it?"

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def said(self, text: str) -> None:
        self.told.append(("said", text))

    def heard(self, text: str, began_s: float | None) -> None:
        self.told.append(("heard", text, began_s))

    def pressed(self, *, is_yes: bool) -> bool:
        self.told.append(("pressed", is_yes))
        return True


def listening(times: list[float]) -> tuple[UserAnswers, Asker]:
    asker = Asker()
    return UserAnswers(asker, now_s=lambda: times.pop(0)), asker


def test_a_turn_counts_from_when_it_began_however_late_its_words_come() -> None:
    answers, asker = listening([1.0, 2.0])
    answers.take(UserSpeechStarted("a"))
    answers.take(UserSpeechStarted("b"))
    answers.take(UserTranscript("b", "second", is_final=True))
    answers.take(UserTranscript("a", "first", is_final=True))

    assert asker.told == [("heard", "second", 2.0), ("heard", "first", 1.0)]


def test_a_start_without_a_name_serves_one_transcript() -> None:
    answers, asker = listening([1.0])
    answers.take(UserSpeechStarted())
    answers.take(UserTranscript("a", "mine", is_final=True))
    answers.take(UserTranscript("b", "whose", is_final=True))

    assert asker.told == [("heard", "mine", 1.0), ("heard", "whose", None)]


def test_words_of_anybody_else_are_no_answer() -> None:
    answers, asker = listening([])
    answers.take(UserTranscript("a", "ye", is_final=False))
    answers.take(ToolCallFinished("c", "web", "yes", is_error=False))
    answers.take(AssistantTranscript("r", "i", "yes", is_final=True))

    assert asker.told == [("said", "yes")]


def test_typed_lines_and_buttons_are_answers_of_now() -> None:
    answers, asker = listening([5.0])
    answers.typed("yes")

    assert answers.pressed(is_yes=False)
    assert asker.told == [("heard", "yes", 5.0), ("pressed", False)]


def test_faces_can_show_the_question_that_is_open() -> None:
    answers, _ = listening([])

    assert answers.question == "Shall I delete it?"


async def test_what_answers_a_tool_answers_nothing_else() -> None:
    """A yes to a tool's own question must never be one to something irreversible."""
    asker, session_asked = Asker(), asyncio.Event()
    around = ToolSurroundings(now_s=lambda: 1.0)
    around.attach(lambda question: session_asked.set(), lambda: None, Place())
    answers = UserAnswers(asker, now_s=lambda: 2.0, around=around)
    asking = asyncio.create_task(around.ask("Do you like it?"))
    await session_asked.wait()
    answers.take(QuestionAsked("Do you like it?"))

    answers.take(UserSpeechStarted("a"))
    answers.take(UserTranscript("a", "yes", is_final=True))

    assert await asking == "yes"
    assert asker.told == []
    answers.typed("and now?")
    assert asker.told == [("heard", "and now?", 2.0)]


async def test_a_button_answers_a_tool_in_words() -> None:
    asker, session_asked = Asker(), asyncio.Event()
    around = ToolSurroundings(now_s=lambda: 1.0)
    around.attach(lambda question: session_asked.set(), lambda: None, Place())
    answers = UserAnswers(asker, now_s=lambda: 2.0, around=around)
    asking = asyncio.create_task(around.ask("Do you like it?"))
    await session_asked.wait()
    answers.take(QuestionAsked("Do you like it?"))

    assert answers.pressed(is_yes=False)
    assert (await asking, asker.told) == ("no", [])
