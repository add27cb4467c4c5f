from __future__ import annotations

from voice.core.updates import (
    AssistantTranscript,
    ToolCallFinished,
    UserSpeechStarted,
    UserTranscript,
)
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
