"""The user's side: microphone, turns, buttons, typed words, announcements."""

from voice.core.client_actions import SendAudio
from voice.core.client_inputs import (
    Announce,
    Button,
    CommitTurn,
    MicFrame,
    UserPressed,
    UserTyped,
    Withdraw,
)
from voice.core.turn_state import SPEECH_DEADLINE_MS, TALK_TAIL_MS
from voice.core.updates import (
    Phase,
    TurnTimeline,
    UserSpeechStarted,
    UserSpeechStopped,
    WarningIssued,
)
from voice.core.wishes import MAX_ANNOUNCEMENTS
from voice.protocol.client_events import (
    ConversationItemCreate,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    ResponseCreate,
    SessionUpdate,
)
from voice.protocol.items import ANNOUNCE_PREFIX, SystemMessage, UserMessage
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    ServerVad,
    SessionConfig,
    TurnDetection,
)
from voice.testing import events
from voice.testing.pure_shell import PureShell, sent_in

FRAME = b"\x05\x00" * 480
"""20 ms."""


def with_rules(rules: TurnDetection | None) -> SessionConfig:
    return SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=rules)))


def ready(config: SessionConfig | None = None, *, push_to_talk: bool = False) -> PureShell:
    shell = PureShell(config, push_to_talk=push_to_talk)
    shell.connect()
    return shell


def manual(*, push_to_talk: bool = False) -> PureShell:
    return ready(with_rules(None), push_to_talk=push_to_talk)


def speak(shell: PureShell, ms: int) -> None:
    for _ in range(ms // 20):
        shell.feed(MicFrame(FRAME))
        shell.advance(20)


def sent_audio(shell: PureShell) -> list[bytes]:
    return [action.audio for action in shell.done if isinstance(action, SendAudio)]


def kinds(shell: PureShell) -> list[str]:
    return [event.type for event in sent_in(shell.done)][1:]


def test_a_frame_goes_out_as_it_came() -> None:
    shell = ready()
    assert shell.feed(MicFrame(FRAME)) == [SendAudio(FRAME)]


def test_a_muted_microphone_sends_silence_so_that_turns_can_end() -> None:
    shell = ready()
    shell.feed(UserPressed(Button.MUTE))
    assert shell.feed(MicFrame(FRAME)) == [SendAudio(bytes(960))]
    shell.feed(UserPressed(Button.UNMUTE))
    assert shell.feed(MicFrame(FRAME)) == [SendAudio(FRAME)]


def test_a_muted_microphone_sends_nothing_where_we_end_the_turns() -> None:
    shell = manual()
    shell.feed(UserPressed(Button.MUTE))
    assert shell.feed(MicFrame(FRAME)) == []


def test_a_turn_is_shown_and_answered_by_the_endpoint() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    assert shell.updates(UserSpeechStarted) == [
        UserSpeechStarted("user_1", "the endpoint heard speech")
    ]
    assert shell.core.phase is Phase.LISTENING
    shell.feed(events.speech_stopped())
    assert shell.updates(UserSpeechStopped) == [UserSpeechStopped("500 ms of silence")]
    assert shell.core.phase is Phase.THINKING
    assert shell.sent(ResponseCreate) == []


def test_a_turn_that_gets_no_answer_is_over_after_a_while() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    shell.feed(events.speech_stopped())
    shell.advance(3_000)
    assert shell.core.phase is Phase.LISTENING


def test_a_commit_ends_a_turn_whose_end_was_left_out() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    shell.feed(events.committed())
    assert shell.core.phase is Phase.THINKING


def test_a_turn_whose_end_never_comes_is_given_up() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    shell.advance(SPEECH_DEADLINE_MS)
    assert [update.code for update in shell.updates(WarningIssued)] == ["endless_turn"]
    cause = "the endpoint never said that the speech ended"
    assert shell.updates(UserSpeechStopped) == [UserSpeechStopped(cause)]


def test_the_timeline_dates_the_end_of_speech_by_the_audio_that_was_sent() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    speak(shell, 2_000)
    shell.feed(events.speech_stopped("user_1", 1_700))
    shell.feed(events.transcribed("user_1", "Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1"))
    [timeline] = shell.updates(TurnTimeline)
    assert timeline.speech_end_ms is not None
    # Speech ended at 1,700 ms less the 500 ms of silence that the endpoint waited for.
    assert 1_180 <= timeline.speech_end_ms <= 1_220
    assert (timeline.turn_end_ms, timeline.transcript_ms) == (2_000, 2_000)


def test_typed_words_are_an_item_and_a_request() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    [created] = shell.sent(ConversationItemCreate)
    assert isinstance(created.item, UserMessage)
    assert created.item.to_wire()["content"] == [{"type": "input_text", "text": "Hello"}]
    assert len(shell.sent(ResponseCreate)) == 1
    assert shell.core.ledger.entry(created.item.id or "").text == "Hello"


def test_typed_words_while_the_user_speaks_wait_for_the_answer_to_both() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    shell.feed(UserTyped("Hello"))
    assert shell.sent(ResponseCreate) == []
    shell.feed(events.item_added({**events.user_item("item_1")}))
    shell.feed(events.speech_stopped())
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1"))
    assert shell.sent(ResponseCreate) == []


def test_a_manual_turn_is_committed_and_asked_about() -> None:
    shell = manual()
    speak(shell, 200)
    shell.feed(CommitTurn())
    assert kinds(shell) == ["input_audio_buffer.commit", "response.create"]
    assert shell.core.phase is Phase.THINKING


def test_a_manual_turn_of_less_than_100_ms_is_not_committed() -> None:
    shell = manual()
    speak(shell, 80)
    shell.feed(CommitTurn())
    assert kinds(shell) == []
    assert [update.code for update in shell.updates(WarningIssued)] == ["turn_too_short"]


def test_audio_is_committed_once() -> None:
    shell = manual()
    speak(shell, 200)
    shell.feed(CommitTurn())
    shell.feed(CommitTurn())
    assert len(shell.sent(InputAudioBufferCommit)) == 1


def test_a_commit_where_the_endpoint_answers_by_itself_is_not_ours() -> None:
    shell = ready()
    speak(shell, 200)
    shell.feed(CommitTurn())
    assert kinds(shell) == []
    assert [update.code for update in shell.updates(WarningIssued)] == ["turn_not_ours"]


def test_a_commit_asks_where_the_endpoint_ends_turns_but_does_not_answer() -> None:
    shell = ready(with_rules(ServerVad(create_response=False)))
    shell.feed(events.speech_started())
    shell.feed(events.speech_stopped())
    assert shell.core.phase is Phase.LISTENING
    shell.feed(CommitTurn())
    assert kinds(shell) == ["response.create"]


def test_push_to_talk_sends_what_came_just_before_the_button_and_just_after() -> None:
    shell = manual(push_to_talk=True)
    speak(shell, 1_000)
    assert sent_audio(shell) == []
    shell.feed(UserPressed(Button.TALK_DOWN))
    speak(shell, 400)
    shell.feed(UserPressed(Button.TALK_UP))
    speak(shell, 1_000)
    assert len(b"".join(sent_audio(shell))) // 48 == 500 + 400 + TALK_TAIL_MS
    assert kinds(shell) == ["input_audio_buffer.commit", "response.create"]


def test_the_talk_button_interrupts_and_shows_a_turn() -> None:
    shell = manual(push_to_talk=True)
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "i1", 500))
    shell.advance(100)
    shell.feed(UserPressed(Button.TALK_DOWN))
    assert kinds(shell) == ["response.cancel", "conversation.item.truncate"]
    assert shell.updates(UserSpeechStarted) == [UserSpeechStarted("", "the talk key")]
    assert shell.core.phase is Phase.LISTENING


def test_an_open_microphone_with_a_talk_button_drops_what_came_before_it() -> None:
    shell = manual()
    speak(shell, 1_000)
    shell.feed(UserPressed(Button.TALK_DOWN))
    assert len(shell.sent(InputAudioBufferClear)) == 1
    shell.feed(UserPressed(Button.TALK_UP))
    shell.advance(TALK_TAIL_MS)
    assert [update.code for update in shell.updates(WarningIssued)] == ["turn_too_short"]


def test_an_open_microphone_keeps_the_half_second_before_the_talk_button() -> None:
    shell = manual()
    frames = [bytes([number]) * 960 for number in range(60)]
    for frame in frames:
        shell.feed(MicFrame(frame))
    done = shell.feed(UserPressed(Button.TALK_DOWN))
    again = [action.audio for action in done if isinstance(action, SendAudio)]
    assert again == frames[-25:]


def test_pressing_again_within_the_tail_goes_on_with_the_same_turn() -> None:
    shell = manual(push_to_talk=True)
    shell.feed(UserPressed(Button.TALK_DOWN))
    speak(shell, 200)
    shell.feed(UserPressed(Button.TALK_UP))
    shell.advance(TALK_TAIL_MS - 1)
    shell.feed(UserPressed(Button.TALK_DOWN))
    speak(shell, 200)
    shell.feed(UserPressed(Button.TALK_UP))
    shell.advance(TALK_TAIL_MS)
    assert len(shell.sent(InputAudioBufferCommit)) == 1
    assert shell.updates(UserSpeechStarted) == [UserSpeechStarted("", "the talk key")]


def test_nothing_is_asked_while_the_talk_button_is_down() -> None:
    shell = manual(push_to_talk=True)
    shell.feed(UserPressed(Button.TALK_DOWN))
    shell.feed(UserTyped("Hello"))
    assert shell.sent(ResponseCreate) == []


def test_an_announcement_is_told_at_once_when_it_is_quiet() -> None:
    shell = ready()
    shell.feed(Announce("your tea is ready"))
    [created] = shell.sent(ConversationItemCreate)
    assert isinstance(created.item, SystemMessage)
    assert created.item.to_wire()["content"][0]["text"] == ANNOUNCE_PREFIX + "your tea is ready"
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_announcement_waits_for_the_user_the_answer_and_the_speaker() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    shell.feed(Announce("your tea is ready"))
    shell.feed(events.speech_stopped())
    shell.feed(events.response_created("r1"))
    shell.feed(events.audio_delta("r1", "i1", 300))
    shell.feed(events.response_done("r1"))
    shell.advance(299)
    assert shell.sent(ConversationItemCreate) == []
    shell.advance(1)
    assert len(shell.sent(ConversationItemCreate)) == 1


def test_announcements_are_told_one_after_the_other() -> None:
    shell = ready()
    shell.feed(Announce("one"))
    shell.feed(Announce("two"))
    assert len(shell.sent(ResponseCreate)) == 1
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1"))
    assert len(shell.sent(ResponseCreate)) == 2


def test_an_announcement_that_is_taken_back_in_time_is_never_told() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    shell.feed(Announce("your tea is ready"))
    shell.feed(Withdraw("nobody said this"))
    shell.feed(Withdraw("your tea is ready"))
    shell.feed(events.speech_stopped())
    shell.feed(events.response_created("r1"))
    shell.feed(events.response_done("r1"))
    assert shell.sent(ConversationItemCreate) == []
    assert shell.sent(ResponseCreate) == []


def test_an_announcement_before_the_session_is_ready_is_told_when_it_is() -> None:
    shell = PureShell()
    shell.feed(Announce("your tea is ready"))
    shell.connect()
    assert len(shell.sent(ResponseCreate)) == 1


def test_too_many_announcements_drop_the_oldest_with_a_warning() -> None:
    shell = ready()
    shell.feed(events.speech_started())
    for number in range(MAX_ANNOUNCEMENTS + 1):
        shell.feed(Announce(str(number)))
    assert [update.code for update in shell.updates(WarningIssued)] == ["announcement_dropped"]


def test_push_to_talk_turns_the_endpoints_turn_detection_off() -> None:
    shell = ready(push_to_talk=True)
    [update] = shell.sent(SessionUpdate)
    assert update.session.to_wire()["audio"]["input"]["turn_detection"] is None


def test_the_talk_button_opens_the_microphone_where_the_endpoint_insists_on_ending_turns() -> None:
    shell = ready(push_to_talk=True)
    kept = {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    shell.feed(events.session_updated(kept))
    speak(shell, 200)
    assert sent_audio(shell) == []
    shell.feed(UserPressed(Button.TALK_DOWN))
    speak(shell, 400)
    shell.feed(UserPressed(Button.TALK_UP))
    speak(shell, 1_000)
    assert len(b"".join(sent_audio(shell))) // 48 == 200 + 400 + TALK_TAIL_MS
    assert kinds(shell) == ["input_audio_buffer.commit", "response.create"]


def test_the_talk_button_only_interrupts_where_the_endpoint_ends_turns() -> None:
    shell = ready()
    shell.feed(events.response_created("r1"))
    shell.feed(UserPressed(Button.TALK_DOWN))
    assert kinds(shell) == ["response.cancel"]
    assert shell.updates(UserSpeechStarted) == []
