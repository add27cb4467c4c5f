"""The client's ledger follows the endpoint's conversation."""

from voice.core.client_inputs import UserTyped
from voice.core.updates import TranscriptCorrected, UserTranscript, WarningIssued
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import ConversationItemRetrieve
from voice.protocol.server_events import SERVER_EVENTS
from voice.testing import events
from voice.testing.pure_shell import PureShell


def ready(**options: Capabilities) -> PureShell:
    shell = PureShell(**options)
    shell.connect()
    return shell


def cut(shell: PureShell) -> None:
    """Let an answer be cut after one second of two."""
    shell.feed(events.response_created("r1"))
    shell.feed(events.words("r1", "i1", "It is noon."))
    shell.feed(events.audio_delta("r1", "i1", 1_000))
    shell.feed(events.words("r1", "i1", " Anything else?"))
    shell.feed(events.audio_delta("r1", "i1", 1_000))
    shell.advance(1_000)
    shell.feed(events.speech_started())


def ids(shell: PureShell) -> list[str]:
    return [entry.item_id for entry in shell.core.ledger]


def event(kind: str, **fields: object) -> object:
    return SERVER_EVENTS[kind].model_validate({"type": kind, **fields})


def test_items_of_the_endpoint_enter_where_it_has_them() -> None:
    shell = ready()
    shell.feed(events.item_added(events.user_item("u1")))
    shell.feed(events.item_added(events.user_item("u2"), "u1"))
    shell.feed(events.item_added(events.user_item("u3"), "u1"))
    shell.feed(events.item_added(events.user_item("u4"), "nobody knows"))
    assert ids(shell) == ["u1", "u3", "u2", "u4"]


def test_an_item_of_ours_moves_to_where_the_endpoint_has_it() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.item_added(events.user_item("u1")))
    ours = {"id": "item_1", "type": "message", "role": "user"}
    shell.feed(events.item_added(ours, "u1"))
    assert ids(shell) == ["u1", "item_1"]
    assert shell.core.ledger.entry("item_1").text == "Hello"


def test_an_item_that_is_added_twice_is_there_once() -> None:
    shell = ready()
    shell.feed(events.item_added(events.user_item("u1")))
    shell.feed(events.item_added(events.user_item("u1")))
    assert ids(shell) == ["u1"]


def test_an_item_without_an_id_is_no_item() -> None:
    shell = ready()
    shell.feed(events.item_added({"type": "message", "role": "user"}))
    assert ids(shell) == []


def test_calls_and_outputs_of_others_are_kept_as_what_they_are() -> None:
    shell = ready()
    call = {"id": "c", "type": "function_call", "name": "clock", "call_id": "c1", "arguments": "{}"}
    shell.feed(events.item_added(call))
    output = {"id": "o", "type": "function_call_output", "call_id": "c1", "output": "noon"}
    shell.feed(events.item_added(output))
    shell.feed(events.item_added({"id": "x", "type": "from_the_future"}))
    assert [entry.kind for entry in shell.core.ledger] == [
        "function_call",
        "function_call_output",
        "other",
    ]


def test_a_deleted_item_is_gone() -> None:
    shell = ready()
    shell.feed(events.item_added(events.user_item("u1")))
    shell.feed(event("conversation.item.deleted", item_id="u1"))
    shell.feed(event("conversation.item.deleted", item_id="u1"))
    assert ids(shell) == []


def test_the_users_words_are_shown_and_kept() -> None:
    shell = ready()
    shell.feed(events.item_added(events.user_item("u1")))
    kind = "conversation.item.input_audio_transcription.delta"
    shell.feed(event(kind, item_id="u1", delta="Hel"))
    shell.feed(events.transcribed("u1", "Hello"))
    assert shell.updates(UserTranscript) == [
        UserTranscript("u1", "Hel", is_final=False),
        UserTranscript("u1", "Hello", is_final=True),
    ]
    entry = shell.core.ledger.entry("u1")
    assert (entry.text, entry.spoken) == ("Hello", True)


def test_words_that_come_before_their_item_are_kept() -> None:
    shell = ready()
    shell.feed(events.transcribed("u1", "Hello"))
    shell.feed(events.item_added(events.user_item("u1")))
    assert shell.core.ledger.entry("u1").text == "Hello"


def test_a_failed_transcription_is_a_warning() -> None:
    shell = ready()
    kind = "conversation.item.input_audio_transcription.failed"
    shell.feed(event(kind, item_id="u1", error={"code": "audio_unintelligible"}))
    assert [update.code for update in shell.updates(WarningIssued)] == ["transcription_failed"]


def test_the_endpoint_is_asked_which_words_it_keeps_of_a_cut_item() -> None:
    shell = ready()
    cut(shell)
    truncated = event("conversation.item.truncated", item_id="i1", audio_end_ms=1_000)
    shell.feed(truncated)
    assert [asked.item_id for asked in shell.sent(ConversationItemRetrieve)] == ["i1"]


def test_an_endpoint_that_cannot_tell_is_not_asked() -> None:
    shell = ready(capabilities=Capabilities(can_retrieve=False))
    cut(shell)
    shell.feed(event("conversation.item.truncated", item_id="i1", audio_end_ms=1_000))
    assert shell.sent(ConversationItemRetrieve) == []


def test_the_endpoints_account_of_heard_words_replaces_our_estimate() -> None:
    shell = ready()
    cut(shell)
    item = events.assistant_item("i1", "It is", status="incomplete")
    shell.feed(event("conversation.item.retrieved", item=item))
    assert shell.updates(TranscriptCorrected) == [TranscriptCorrected("i1", "It is")]
    entry = shell.core.ledger.entry("i1")
    assert (entry.text, entry.unheard_text) == ("It is", " noon. Anything else?")


def test_an_endpoint_that_keeps_no_words_leaves_our_estimate() -> None:
    shell = ready()
    cut(shell)
    item = events.assistant_item("i1", status="incomplete")
    item["content"] = [{"type": "output_audio", "transcript": None}]
    shell.feed(event("conversation.item.retrieved", item=item))
    assert shell.updates(TranscriptCorrected) == []
    assert shell.core.ledger.entry("i1").text == "It is noon."


def test_a_retrieved_item_that_was_never_cut_changes_nothing() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.words("r1", "i1", "Hello"))
    item = events.assistant_item("i1", "Bye")
    shell.feed(event("conversation.item.retrieved", item=item))
    assert shell.core.ledger.entry("i1").text == "Hello"


def test_a_cut_item_does_not_come_back() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "i1", 100))
    shell.feed(events.speech_started())
    shell.feed(events.item_added(events.assistant_item("i1", "Hello")))
    shell.feed(events.item_done("r1", events.assistant_item("i1", "Hello")))
    assert ids(shell) == []
