from voice.core.question import Question


def test_a_question_is_taken_once_and_only_a_turn_after_that_is_its_answer() -> None:
    question = Question()
    question.open("Which colour?")
    question.turn_began()
    assert not question.takes_response(is_asked_for=False)

    assert question.take() == "Which colour?"
    assert question.take() is None
    question.turn_began()
    assert question.takes_response(is_asked_for=False)
    assert not question.takes_response(is_asked_for=False)


def test_a_response_that_we_asked_for_is_never_taken() -> None:
    question = Question()
    question.open("Which colour?")
    question.take()
    question.turn_began()
    assert not question.takes_response(is_asked_for=True)


def test_the_response_to_the_answer_is_unwanted_though_the_tool_has_it_already() -> None:
    question = Question()
    question.open("Which colour?")
    question.take()
    question.turn_began()
    question.close()
    assert question.takes_response(is_asked_for=False)


def test_a_turn_after_the_question_is_over_belongs_to_the_model() -> None:
    question = Question()
    question.open("Which colour?")
    question.take()
    question.close()
    question.turn_began()
    assert not question.takes_response(is_asked_for=False)
    assert not question.is_open
