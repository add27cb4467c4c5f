"""A lost connection and the next one: what stays, and what the new session is told."""

from tests.core.recovery_kit import LOST, answer, lose_and_return, one, ready, told, turn
from voice.core.client_actions import Connect, FlushPlayback, PlayAudio, StartTool
from voice.core.client_inputs import (
    Announce,
    Button,
    LinkDown,
    ToolFinished,
    UserPressed,
    UserTyped,
)
from voice.core.link import BACK_OFF_MS
from voice.core.restore import CONTINUES, SETTLE_LIMIT_MS
from voice.core.updates import (
    ConnectionLost,
    Ended,
    ErrorReported,
    Interrupted,
    Phase,
    Reconnected,
    SessionReady,
)
from voice.protocol.client_events import (
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemTruncate,
    ResponseCreate,
    SessionUpdate,
)
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell, sent_in


def test_a_lost_connection_is_dialled_again_at_once_and_told() -> None:
    shell = ready()
    done = shell.feed(LOST)
    assert Connect() in done
    assert one(shell, ConnectionLost) == ConnectionLost("broke off", 0, 1)
    assert shell.core.phase is Phase.RECONNECTING
    assert shell.updates(Ended) == []


def test_further_tries_wait_longer_and_only_one_is_in_flight() -> None:
    shell = ready()
    shell.feed(LOST)
    for wait_ms in BACK_OFF_MS[1:4]:
        shell.feed(LinkDown(0, "nobody answers"))
        before = sum(isinstance(action, Connect) for action in shell.done)
        shell.advance(wait_ms - 1)
        assert sum(isinstance(action, Connect) for action in shell.done) == before
        shell.advance(1)
        assert sum(isinstance(action, Connect) for action in shell.done) == before + 1
    assert [update.attempt for update in shell.updates(ConnectionLost)] == [1, 2, 3, 4]


def test_the_configuration_comes_back_with_a_word_to_the_model_that_never_piles_up() -> None:
    shell = ready(SessionConfig(instructions="Be brief."))
    for _ in range(3):
        lose_and_return(shell)
    instructions = [update.session.instructions for update in shell.sent(SessionUpdate)]
    assert instructions == ["Be brief.", *[f"Be brief.\n\n{CONTINUES}"] * 3]


def test_the_history_comes_back_as_text_with_calls_and_outputs() -> None:
    shell = ready()
    turn(shell, 1, "What time is it?")
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    shell.feed(events.response_done("r1"))
    shell.feed(ToolFinished("c1", "noon"))
    answer(shell, 2, "It is noon.")
    shell.advance(1_000)
    before = len(shell.sent(ConversationItemCreate))
    lose_and_return(shell)
    assert told(shell, before) == [
        ("user", "What time is it?"),
        ("function_call", "{}"),
        ("function_call_output", "noon"),
        ("assistant", "It is noon."),
    ]


def test_reconnected_is_told_once_the_endpoint_has_answered_for_every_item() -> None:
    shell = ready()
    turn(shell, 1, "Hello")
    answer(shell, 1, "Hi")
    lose_and_return(shell)
    first, second = shell.sent(ConversationItemCreate)[-2:]
    shell.feed(events.item_added(first.item.to_wire()))
    assert shell.updates(Reconnected) == []
    shell.feed(events.error("invalid_value", event_id=second.event_id))
    assert one(shell, Reconnected) == Reconnected("partial", 1)
    assert shell.updates(ErrorReported) == []
    assert [entry.text for entry in shell.core.ledger] == ["Hello", "Hi"]


def test_an_endpoint_that_confirms_no_items_is_believed_after_a_while() -> None:
    shell = ready()
    turn(shell, 1, "Hello")
    answer(shell, 1, "Hi")
    lose_and_return(shell)
    shell.advance(SETTLE_LIMIT_MS)
    assert one(shell, Reconnected) == Reconnected("full", 0)


def test_an_empty_conversation_is_restored_at_once() -> None:
    shell = ready()
    lose_and_return(shell)
    assert one(shell, Reconnected) == Reconnected("full", 0)
    assert len(shell.updates(SessionReady)) == 2


def test_an_answer_that_breaks_off_keeps_what_was_heard_and_is_asked_for_again() -> None:
    shell = ready()
    shell.feed(UserTyped("Tell me a story."))
    shell.feed(events.response_created("r1"))
    for word in ("Once ", "upon ", "a ", "time "):
        shell.feed(events.words("r1", "a1", word))
        shell.feed(events.audio_delta("r1", "a1", 500))
    shell.advance(1_100)
    before = len(shell.sent(ConversationItemCreate))
    done = shell.feed(LOST)
    assert FlushPlayback() in done
    assert sent_in(done) == []
    [cut] = shell.updates(Interrupted)
    assert (cut.heard_ms, cut.heard_text) == (1_100, "Once upon")
    shell.connect_from_dialled()
    assert told(shell, before) == [("user", "Tell me a story."), ("assistant", "Once upon")]
    assert len(shell.sent(ResponseCreate)) == 2
    assert shell.speaker.heard_ms("a1", 0) == 1_100


def test_a_whole_answer_plays_on_while_the_connection_comes_back() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    answer(shell, 1, "A whole answer.", ms=3_000)
    shell.advance(500)
    done = lose_and_return(shell)
    shell.advance(5_000)
    assert FlushPlayback() not in done
    assert shell.speaker.heard_ms("a1", 0) == 3_000
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_interruption_of_sound_from_before_cuts_the_text_that_was_told() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    answer(shell, 1, "A whole long answer that nobody wants.", ms=3_000)
    lose_and_return(shell)
    restored = shell.sent(ConversationItemCreate)[-1].item.id
    shell.advance(1_000)
    done = shell.feed(UserPressed(Button.INTERRUPT))
    delete, anew = sent_in(done)
    assert isinstance(delete, ConversationItemDelete)
    assert delete.item_id == restored
    assert isinstance(anew, ConversationItemCreate)
    words = anew.item.to_wire()["content"][0]["text"]
    assert "A whole long answer".startswith(words)
    assert shell.sent(ConversationItemTruncate) == []


def test_an_answer_of_which_nothing_was_heard_is_not_part_of_the_history() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.words("r1", "a1", "Never heard"))
    before = len(shell.sent(ConversationItemCreate))
    lose_and_return(shell)
    assert told(shell, before) == [("user", "Hello")]
    assert len(shell.sent(ResponseCreate)) == 2


def test_an_answer_that_kills_every_connection_is_given_up_in_the_end() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    for _ in range(5):
        lose_and_return(shell)
    assert len(shell.sent(ResponseCreate)) == 5
    assert [update.code for update in shell.updates(ErrorReported)] == ["answer_lost"]


def test_an_interrupted_answer_is_not_asked_for_again() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "a1", 500))
    shell.feed(UserPressed(Button.INTERRUPT))
    lose_and_return(shell)
    assert len(shell.sent(ResponseCreate)) == 1


def test_ids_that_come_again_in_the_new_session_are_new_things() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    answer(shell, 1, "First.")
    shell.advance(1_000)
    lose_and_return(shell)
    shell.feed(UserTyped("Again"))
    answer(shell, 1, "Second.")
    shell.advance(1_000)
    texts = [entry.text for entry in shell.core.ledger if entry.role == "assistant"]
    assert texts == ["First.", "Second."]
    tags = [action.item_id for action in shell.done if isinstance(action, PlayAudio)]
    assert len(set(tags)) == 2
    lose_and_return(shell)
    shell.feed(UserTyped("And again"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "a1", 500))
    shell.advance(100)
    shell.feed(UserPressed(Button.INTERRUPT))
    [cut] = shell.sent(ConversationItemTruncate)
    assert (cut.item_id, cut.audio_end_ms) == ("a1", 100)


def test_typed_words_and_announcements_wait_for_the_connection() -> None:
    shell = ready()
    shell.feed(LOST)
    shell.feed(UserTyped("Are you there?"))
    shell.feed(Announce("Tea is ready."))
    shell.connect_from_dialled()
    assert told(shell) == [("user", "Are you there?")]
    assert len(shell.sent(ResponseCreate)) == 1
    answer(shell, 1, "Yes.")
    shell.advance(1_000)
    assert told(shell)[-1][1].endswith("Tea is ready.")


def test_a_call_that_was_not_whole_is_forgotten_and_the_answer_wanted_again() -> None:
    shell = ready()
    turn(shell, 1, "What time is it?")
    shell.feed(events.response_created("r1"))
    call = {"id": "i1", "type": "function_call", "status": "in_progress", "name": "clock"}
    shell.feed(events.item_added({**call, "call_id": "c1", "arguments": ""}))
    before = len(shell.sent(ConversationItemCreate))
    lose_and_return(shell)
    assert told(shell, before) == [("user", "What time is it?")]
    assert [entry.kind for entry in shell.core.ledger] == ["message"]
    assert len(shell.sent(ResponseCreate)) == 1


def test_a_tool_goes_on_and_its_call_is_told_with_its_output() -> None:
    shell = ready()
    shell.feed(UserTyped("What time is it?"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    before = len(shell.sent(ConversationItemCreate))
    lose_and_return(shell)
    assert told(shell, before) == [("user", "What time is it?")]
    shell.feed(ToolFinished("c1", "noon"))
    assert told(shell, before + 1) == [("function_call", "{}"), ("function_call_output", "noon")]
    assert len(shell.sent(ResponseCreate)) == 2
    assert sum(isinstance(action, StartTool) for action in shell.done) == 1


def test_a_tool_that_ends_without_a_connection_is_part_of_the_history() -> None:
    shell = ready()
    shell.feed(UserTyped("What time is it?"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    before = len(shell.sent(ConversationItemCreate))
    shell.feed(LOST)
    shell.feed(ToolFinished("c1", "noon"))
    shell.connect_from_dialled()
    assert [what for what, _ in told(shell, before)] == [
        "user",
        "function_call",
        "function_call_output",
    ]
    assert len(shell.sent(ResponseCreate)) == 2


def test_a_call_that_comes_again_has_one_effect_and_gets_its_answer_again() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1"))
    shell.feed(events.response_done("r1"))
    shell.feed(ToolFinished("c1", "noon"))
    lose_and_return(shell)
    before = len(shell.sent(ConversationItemCreate))
    shell.feed(events.response_created("r1"))
    for _ in range(5):
        shell.feed(events.call_done("r1", "c1"))
    assert told(shell, before) == [("function_call_output", "noon")]
    assert sum(isinstance(action, StartTool) for action in shell.done) == 1


def counted_anew(shell: PureShell, name: str, arguments: str) -> None:
    """Let another session's first call have the id of the first session's."""
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1", name, arguments))


def answered_call(shell: PureShell) -> None:
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1", "clock", "{}"))
    shell.feed(events.response_done("r1"))
    shell.feed(ToolFinished("c1", "noon"))
    answer(shell, 2, "It is noon.")


def started(shell: PureShell) -> list[StartTool]:
    return [action for action in shell.done if isinstance(action, StartTool)]


def test_an_id_that_is_counted_anew_is_not_answered_with_the_old_result() -> None:
    shell = ready()
    answered_call(shell)
    lose_and_return(shell)
    counted_anew(shell, "search", '{"for": "tea"}')
    _, second = started(shell)
    assert (second.name, second.call_id != "c1") == ("search", True)
    before = len(shell.sent(ConversationItemCreate))
    shell.feed(ToolFinished(second.call_id, "found tea"))
    [output] = shell.sent(ConversationItemCreate)[before:]
    assert output.item.to_wire()["call_id"] == "c1"
    assert told(shell, before) == [("function_call_output", "found tea")]


def test_the_same_call_long_after_is_another_one() -> None:
    shell = ready()
    answered_call(shell)
    shell.advance(60_000)
    lose_and_return(shell)
    counted_anew(shell, "clock", "{}")
    assert len(started(shell)) == 2


def test_a_tool_that_still_runs_keeps_its_answer_apart_from_one_of_the_same_id() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.call_done("r1", "c1", "clock", "{}"))
    lose_and_return(shell)
    counted_anew(shell, "search", "{}")
    _, second = started(shell)
    before = len(shell.sent(ConversationItemCreate))
    shell.feed(ToolFinished("c1", "noon"))
    shell.feed(ToolFinished(second.call_id, "tea"))
    items = [event.item.to_wire() for event in shell.sent(ConversationItemCreate)[before:]]
    call, output, other = items
    assert call["call_id"] == output["call_id"] != other["call_id"] == "c1"
    assert (output["output"], other["output"]) == ("noon", "tea")


def test_both_calls_of_one_id_are_part_of_the_next_history() -> None:
    shell = ready()
    answered_call(shell)
    lose_and_return(shell)
    counted_anew(shell, "search", "{}")
    shell.feed(events.response_done("r1"))
    shell.feed(ToolFinished(started(shell)[1].call_id, "tea"))
    answer(shell, 3, "Tea.")
    before = len(shell.sent(ConversationItemCreate))
    lose_and_return(shell)
    outputs = [text for what, text in told(shell, before) if what == "function_call_output"]
    assert outputs == ["noon", "tea"]
