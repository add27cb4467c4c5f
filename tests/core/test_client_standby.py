"""Make before break: a second session is opened, loaded, and takes over where nobody notices."""

import pytest

from voice.core.client_actions import (
    CloseStandby,
    Connect,
    ConnectStandby,
    FlushPlayback,
    SendAudio,
    SendStandby,
    TakeOver,
)
from voice.core.client_inputs import (
    Button,
    ClockJumped,
    LinkDown,
    LinkUp,
    MicFrame,
    StandbyEvent,
    ToolFinished,
    UserPressed,
    UserTyped,
)
from voice.core.routes import Route
from voice.core.standby_plan import PROBE_MS
from voice.core.updates import (
    ConnectionLost,
    EndpointChanged,
    Interrupted,
    Phase,
    PhaseChanged,
    SessionRenewed,
)
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import (
    ConversationItemCreate,
    ConversationItemDelete,
    ResponseCreate,
)
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell

LIMIT_S = 100


def ready(**options: object) -> PureShell:
    limited = Capabilities(session_limit_s=LIMIT_S)
    shell = PureShell(capabilities=limited, **options)  # type: ignore[arg-type]
    shell.connect()
    return shell


def answer(shell: PureShell, number: int, text: str, ms: int = 200) -> None:
    shell.feed(events.response_created(f"r{number}"))
    shell.feed(events.words(f"r{number}", f"a{number}", text))
    shell.feed(events.audio_delta(f"r{number}", f"a{number}", ms))
    shell.feed(events.audio_done(f"r{number}", f"a{number}"))
    shell.feed(events.response_done(f"r{number}"))


def talked() -> PureShell:
    """Return a conversation of two messages, shortly before its session is to be renewed."""
    shell = ready()
    shell.feed(UserTyped("Hello"))
    answer(shell, 1, "Hi")
    shell.advance(900 * LIMIT_S - 1)
    assert not kinds(shell, ConnectStandby)
    return shell


def kinds(shell: PureShell, kind: type[object]) -> list[object]:
    return [action for action in shell.done if isinstance(action, kind)]


def on_standby(shell: PureShell, kind: type[object]) -> list[object]:
    sent = [action.event for action in shell.done if isinstance(action, SendStandby)]
    return [event for event in sent if isinstance(event, kind)]


def acknowledge(shell: PureShell) -> None:
    """Confirm every item that the second session was told."""
    for event in on_standby(shell, ConversationItemCreate):
        assert isinstance(event, ConversationItemCreate)
        shell.feed(StandbyEvent(events.item_added(event.item.to_wire())))


def test_a_second_session_is_opened_at_nine_tenths_of_the_limit_and_loaded() -> None:
    shell = talked()
    assert shell.advance(1) == [ConnectStandby(0)]
    shell.connect_standby()
    assert len(on_standby(shell, ConversationItemCreate)) == 2
    assert not kinds(shell, TakeOver)
    assert shell.core.phase is Phase.LISTENING


def test_it_takes_over_in_one_step_once_every_item_is_confirmed() -> None:
    shell = talked()
    shell.advance(1)
    shell.connect_standby()
    acknowledge(shell)
    assert len(kinds(shell, TakeOver)) == 1
    assert shell.updates(SessionRenewed) == [SessionRenewed("full", 0)]
    assert {update.phase for update in shell.updates(PhaseChanged)} <= {
        Phase.LISTENING, Phase.THINKING, Phase.SPEAKING,
    }  # fmt: skip
    shell.feed(UserTyped("Again"))
    assert len(shell.sent(ResponseCreate)) == 2


def test_the_microphone_changes_over_without_losing_a_sample() -> None:
    shell = talked()
    shell.advance(1)
    shell.connect_standby()
    for number in range(200):
        shell.feed(MicFrame(number.to_bytes(2, "little") * 480))
        shell.advance(20)
        if number == 120:
            acknowledge(shell)
    position = shell.done.index(TakeOver())
    before = [action.audio for action in shell.done[:position] if isinstance(action, SendAudio)]
    after = [action.audio for action in shell.done[position:] if isinstance(action, SendAudio)]
    assert after[-1][0] == 199
    heard_twice = [audio for audio in after if audio in before]
    # What was said within the last two seconds may be the beginning of a turn.
    assert after == [*heard_twice, *after[len(heard_twice) :]]
    assert [audio[0] for audio in after] == list(range(after[0][0], 200))
    assert len(heard_twice) <= 100


def test_it_waits_for_the_end_of_a_turn_and_is_told_what_came_meanwhile() -> None:
    shell = talked()
    shell.feed(UserTyped("A story"))
    shell.feed(events.response_created("r2"))
    shell.advance(1)
    shell.connect_standby()
    acknowledge(shell)
    assert not kinds(shell, TakeOver)
    shell.feed(events.words("r2", "a2", "Once upon a time."))
    shell.feed(events.audio_delta("r2", "a2", 2_000))
    assert not kinds(shell, TakeOver)
    shell.feed(events.audio_done("r2", "a2"))
    shell.feed(events.response_done("r2"))
    assert len(kinds(shell, TakeOver)) == 1
    told = on_standby(shell, ConversationItemCreate)[-1]
    assert isinstance(told, ConversationItemCreate)
    assert told.item.to_wire()["content"][0]["text"] == "Once upon a time."
    assert FlushPlayback() not in shell.done
    shell.advance(3_000)
    assert shell.speaker.heard_ms("a2", 0) == 2_000


def test_sound_of_the_session_before_can_still_be_interrupted() -> None:
    shell = talked()
    shell.advance(1)
    shell.connect_standby()
    shell.feed(UserTyped("A story"))
    answer(shell, 2, "Once upon a time there was a king.", ms=3_000)
    acknowledge(shell)
    assert len(kinds(shell, TakeOver)) == 1
    shell.advance(1_000)
    shell.feed(UserPressed(Button.INTERRUPT))
    [cut] = shell.updates(Interrupted)
    assert cut.heard_ms == 1_000
    assert len(shell.sent(ConversationItemDelete)) == 1
    texts = [entry.text for entry in shell.core.ledger]
    assert texts == ["Hello", "Hi", "A story", cut.heard_text]


def test_it_waits_for_the_user_but_not_for_ever() -> None:
    shell = talked()
    shell.advance(1)
    shell.connect_standby()
    shell.feed(events.speech_started("u1"))
    acknowledge(shell)
    shell.feed(MicFrame(b"\x07" * 960))
    assert not kinds(shell, TakeOver)
    shell.advance(80 * LIMIT_S)
    assert len(kinds(shell, TakeOver)) == 1
    position = shell.done.index(TakeOver())
    again = [action.audio for action in shell.done[position:] if isinstance(action, SendAudio)]
    assert again == [b"\x07" * 960]


def test_at_the_hard_end_a_sentence_is_cut_where_it_was_heard() -> None:
    shell = talked()
    shell.feed(UserTyped("A story"))
    shell.feed(events.response_created("r2"))
    shell.advance(1)
    shell.connect_standby()
    acknowledge(shell)
    shell.advance(80 * LIMIT_S - 1_000)
    for word in ("Once ", "upon ", "a ", "time"):
        shell.feed(events.words("r2", "a2", word))
        shell.feed(events.audio_delta("r2", "a2", 500))
    shell.advance(2_000)
    [cut] = shell.updates(Interrupted)
    told = on_standby(shell, ConversationItemCreate)[-1]
    assert isinstance(told, ConversationItemCreate)
    assert told.item.to_wire()["content"][0]["text"] == cut.heard_text
    assert shell.done.index(FlushPlayback()) < shell.done.index(TakeOver())
    assert len(shell.sent(ResponseCreate)) == 3


def test_a_tool_that_runs_gives_its_answer_to_the_new_session() -> None:
    shell = talked()
    shell.feed(events.response_created("r2"))
    shell.feed(events.call_done("r2", "c1"))
    shell.feed(events.response_done("r2"))
    shell.advance(1)
    shell.connect_standby()
    acknowledge(shell)
    assert len(kinds(shell, TakeOver)) == 1
    shell.feed(ToolFinished("c1", "noon"))
    created = [event.item.to_wire()["type"] for event in shell.sent(ConversationItemCreate)]
    assert created[-2:] == ["function_call", "function_call_output"]


@pytest.mark.parametrize("when", ["dial", "greeting", "later"])
def test_a_second_session_that_fails_is_tried_again_and_hurts_nobody(when: str) -> None:
    shell = talked()
    shell.advance(1)
    if when != "dial":
        shell.feed(StandbyEvent(LinkUp()))
    if when == "later":
        shell.connect_standby()
    shell.feed(StandbyEvent(LinkDown(503, "busy")))
    assert shell.core.phase is Phase.LISTENING
    assert CloseStandby() in shell.done
    shell.advance(2_000)
    assert len(kinds(shell, ConnectStandby)) == 2
    shell.connect_standby()
    acknowledge(shell)
    assert len(kinds(shell, TakeOver)) == 1
    assert len(kinds(shell, Connect)) == 1


def test_a_second_session_is_tried_for_to_the_end_and_ever_less_often() -> None:
    shell = PureShell(capabilities=Capabilities(session_limit_s=3_600))
    shell.connect()
    shell.advance(3_240_000)
    waits_s = []
    for tries in range(2, 10):
        shell.feed(StandbyEvent(LinkDown(503, "busy")))
        waits_s.append(0)
        while len(kinds(shell, ConnectStandby)) < tries:
            shell.advance(1_000)
            waits_s[-1] += 1
    assert waits_s == [2, 4, 8, 16, 30, 30, 30, 30]


def test_a_connection_lost_meanwhile_is_opened_again_as_ever() -> None:
    shell = talked()
    shell.advance(1)
    done = shell.feed(LinkDown(1006, "broke off"))
    assert Connect() in done
    assert CloseStandby() in done


def test_a_loaded_second_session_takes_over_at_once_where_the_first_is_lost() -> None:
    shell = talked()
    shell.feed(events.speech_started("u2"))
    shell.advance(1)
    shell.connect_standby()
    acknowledge(shell)
    frame = b"\1\0" * 480
    for _ in range(20):
        shell.feed(MicFrame(frame))
        shell.advance(20)
    done = shell.feed(LinkDown(1006, "broke off"))
    assert TakeOver() in done
    after = done[done.index(TakeOver()) :]
    sent = b"".join(action.audio for action in after if isinstance(action, SendAudio))
    assert sent == frame * 20
    assert len(kinds(shell, Connect)) == 1
    assert not shell.updates(ConnectionLost)
    assert shell.updates(SessionRenewed) == [SessionRenewed("full", 0)]


def test_a_second_session_is_told_what_was_heard_where_the_first_is_lost_in_an_answer() -> None:
    shell = talked()
    shell.feed(UserTyped("A story"))
    shell.feed(events.response_created("r2"))
    shell.advance(1)
    shell.connect_standby()
    acknowledge(shell)
    shell.feed(events.words("r2", "a2", "Once upon a time there was a king."))
    shell.feed(events.audio_delta("r2", "a2", 2_000))
    shell.advance(1_000)
    shell.feed(LinkDown(1006, "broke off"))
    assert shell.done.index(FlushPlayback()) < shell.done.index(TakeOver())
    [cut] = shell.updates(Interrupted)
    assert cut.heard_ms == 1_000
    told = on_standby(shell, ConversationItemCreate)[-1]
    assert isinstance(told, ConversationItemCreate)
    assert told.item.to_wire()["content"][0]["text"] == cut.heard_text
    assert shell.core.phase is Phase.THINKING


def test_a_second_session_is_not_trusted_after_a_sleep_nor_with_a_key_that_was_revoked() -> None:
    for event in (ClockJumped(), LinkDown(401, "revoked", is_auth=True)):
        shell = talked()
        shell.feed(events.speech_started("u2"))
        shell.advance(1)
        shell.connect_standby()
        acknowledge(shell)
        shell.feed(event)
        assert TakeOver() not in shell.done


def test_every_session_is_renewed_in_its_turn() -> None:
    shell = talked()
    shell.advance(1)
    for number in range(1, 26):
        shell.connect_standby()
        acknowledge(shell)
        assert len(shell.updates(SessionRenewed)) == number
        shell.feed(UserTyped(f"Question {number}"))
        answer(shell, number, f"Answer {number}")
        shell.advance(900 * LIMIT_S)
    texts = [entry.text for entry in shell.core.ledger]
    assert len(texts) == 2 + 2 * 25
    assert len(set(texts)) == len(texts)


def fallen_back() -> PureShell:
    """Return a conversation that went on at the second endpoint of its list."""
    own = Route("own", Capabilities(), SessionConfig())
    shell = PureShell(fallbacks=[own])
    shell.connect()
    shell.feed(UserTyped("Hello"))
    answer(shell, 1, "Hi")
    shell.advance(1_000)
    shell.feed(LinkDown(1006, "broke off"))
    shell.feed(LinkDown(0, "gone"))
    shell.advance(500)
    shell.feed(LinkDown(0, "gone"))
    shell.connect_from_dialled()
    assert [update.index for update in shell.updates(EndpointChanged)] == [1]
    return shell


def test_a_better_endpoint_is_looked_for_and_taken_when_it_is_back() -> None:
    shell = fallen_back()
    shell.advance(PROBE_MS[0])
    assert kinds(shell, ConnectStandby) == [ConnectStandby(0)]
    shell.feed(StandbyEvent(LinkDown(0, "gone")))
    shell.advance(PROBE_MS[1])
    assert len(kinds(shell, ConnectStandby)) == 2
    shell.connect_standby()
    acknowledge(shell)
    assert len(kinds(shell, TakeOver)) == 1
    assert shell.updates(EndpointChanged)[-1] == EndpointChanged("the endpoint", 0, "")
    shell.advance(600_000)
    assert len(kinds(shell, ConnectStandby)) == 2


def test_a_better_endpoint_that_refuses_the_key_is_not_looked_for_again() -> None:
    shell = fallen_back()
    shell.advance(PROBE_MS[0])
    shell.feed(StandbyEvent(LinkDown(401, "no", is_auth=True)))
    shell.advance(600_000)
    assert len(kinds(shell, ConnectStandby)) == 1
