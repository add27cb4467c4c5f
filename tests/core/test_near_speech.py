"""Speech over our own voice: the pause, the verdict, and an endpoint that hears it as well."""

import pytest

from tests.core.test_barge_in import LEADING, speaking, truncations
from voice.core.client_actions import FlushPlayback, PausePlayback, ResumePlayback
from voice.core.client_inputs import (
    Button,
    DeviceChanged,
    LinkDown,
    NearKind,
    NearSpeech,
    NearVerdict,
    ToolFinished,
    UserPressed,
    UserTyped,
)
from voice.core.near_state import DISPUTE_DEADLINE_MS, PAUSE_DEADLINE_MS
from voice.core.turn_state import EXPECTED_DEADLINE_MS, OWED_DEADLINE_MS
from voice.core.updates import (
    DeviceUpdate,
    Interrupted,
    Phase,
    PhaseChanged,
    PlaybackPaused,
    PlaybackResumed,
    UserSpeechStarted,
    UserSpeechStopped,
    WarningIssued,
)
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import ConversationItemDelete, ResponseCancel, ResponseCreate
from voice.protocol.server_events import InputAudioBufferSpeechStopped
from voice.protocol.session_config import AudioConfig, AudioInputConfig, ServerVad, SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell

STOP = NearVerdict(NearKind.INTERRUPTION, "stop", "'stop' is no backchannel")
MM_HM = NearVerdict(NearKind.BACKCHANNEL, "mm-hm", "'mm-hm' is a backchannel")
ASKED_BY_US = ServerVad(create_response=False)


def paused(shell: PureShell | None = None, *, ms: int = 1_000) -> PureShell:
    """Return a shell that has said 420 ms when the ear heard something."""
    shell = speaking(shell, ms=ms)
    shell.advance(420)
    shell.feed(NearSpeech("14 dB above the echo"))
    return shell


def with_rules(rules: ServerVad, capabilities: Capabilities | None = None) -> PureShell:
    config = SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=rules)))
    return PureShell(config, capabilities=capabilities)


def count(shell: PureShell, kind: type) -> int:
    return sum(isinstance(action, kind) for action in shell.done)


# --- the pause ------------------------------------------------------------------------------------


def test_a_sound_over_our_voice_pauses_it_at_once_and_nothing_is_sent() -> None:
    shell = paused()
    assert count(shell, PausePlayback) == 1
    assert shell.updates(PlaybackPaused) == [PlaybackPaused("14 dB above the echo")]
    shell.advance(300)
    assert shell.speaker.heard_ms("i1", 0) == 420
    assert shell.core.phase is Phase.SPEAKING
    assert not shell.sent(ResponseCancel)
    assert not truncations(shell)


def test_a_sound_while_nothing_is_said_pauses_nothing() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(NearSpeech())
    shell.feed(MM_HM)
    assert count(shell, PausePlayback) == count(shell, ResumePlayback) == 0


@pytest.mark.parametrize("kind", [NearKind.BACKCHANNEL, NearKind.NOISE, NearKind.ECHO])
def test_after_a_mere_sound_the_answer_goes_on_to_its_end_without_a_gap(kind: NearKind) -> None:
    shell = paused()
    shell.advance(300)
    shell.feed(NearVerdict(kind, "mm-hm", "a mere sound"))
    assert shell.updates(PlaybackResumed) == [PlaybackResumed(kind.value, "mm-hm", "a mere sound")]
    shell.feed(events.response_done("r1"))
    shell.advance(600)
    assert len(shell.speaker.heard_pcm("i1")) == 48_000
    assert shell.core.phase is Phase.LISTENING
    assert not truncations(shell)


def test_a_pause_that_nobody_judges_ends_by_itself_and_says_so() -> None:
    shell = paused()
    shell.advance(PAUSE_DEADLINE_MS)
    assert count(shell, ResumePlayback) == 1
    assert [warning.code for warning in shell.updates(WarningIssued)] == ["no_verdict"]
    shell.feed(events.response_done("r1"))
    shell.advance(600)
    assert len(shell.speaker.heard_pcm("i1")) == 48_000


def test_what_arrives_during_a_pause_is_queued_behind_it() -> None:
    shell = paused()
    shell.feed(events.audio_delta("r1", "i1", 500))
    shell.feed(events.response_done("r1"))
    shell.advance(400)
    shell.feed(MM_HM)
    shell.advance(1_080)
    assert len(shell.speaker.heard_pcm("i1")) == 72_000
    assert shell.core.phase is Phase.LISTENING
    assert count(shell, FlushPlayback) == 0


def test_the_answer_to_a_tool_is_asked_for_after_the_pause() -> None:
    shell = speaking()
    shell.feed(events.call_done("r1", "c1", "clock"))
    shell.feed(events.response_done("r1"))
    shell.feed(NearSpeech())
    shell.feed(ToolFinished("c1", "noon"))
    assert not shell.sent(ResponseCreate)
    shell.feed(MM_HM)
    assert len(shell.sent(ResponseCreate)) == 1


@pytest.mark.parametrize("what", [UserPressed(Button.INTERRUPT), UserTyped("Stop.")])
def test_a_key_and_typed_words_end_a_pause_by_a_cut(what: UserPressed | UserTyped) -> None:
    shell = paused()
    shell.feed(what)
    assert count(shell, FlushPlayback) == 1
    assert truncations(shell) == [("i1", 420)]
    shell.feed(MM_HM)
    shell.advance(PAUSE_DEADLINE_MS)
    assert count(shell, ResumePlayback) == 0


def test_a_lost_connection_ends_the_pause_of_an_unfinished_answer() -> None:
    shell = paused()
    shell.feed(LinkDown(1006, "broke off"))
    assert count(shell, FlushPlayback) == 1
    assert shell.updates(Interrupted)[0].cause == "the connection was lost"
    shell.feed(MM_HM)
    assert count(shell, ResumePlayback) == 0


def test_a_finished_answer_is_played_on_after_a_pause_in_which_the_connection_was_lost() -> None:
    shell = paused()
    shell.feed(events.response_done("r1"))
    shell.feed(LinkDown(1006, "broke off"))
    shell.feed(MM_HM)
    shell.advance(580)
    assert len(shell.speaker.heard_pcm("i1")) == 48_000


def test_a_muted_microphone_neither_pauses_nor_stops_the_answer() -> None:
    shell = speaking()
    shell.feed(UserPressed(Button.MUTE))
    shell.feed(NearSpeech())
    shell.feed(STOP)
    assert count(shell, PausePlayback) == count(shell, FlushPlayback) == 0


def test_an_answer_that_is_muted_in_a_pause_goes_on() -> None:
    shell = paused()
    shell.feed(UserPressed(Button.MUTE))
    shell.feed(STOP)
    assert count(shell, ResumePlayback) == 1
    assert count(shell, FlushPlayback) == 0


# --- the interruption -----------------------------------------------------------------------------


def test_an_interruption_cuts_at_what_was_heard_and_cancels() -> None:
    shell = paused()
    shell.advance(300)
    shell.feed(STOP)
    assert truncations(shell) == [("i1", 420)]
    assert [cancel.response_id for cancel in shell.sent(ResponseCancel)] == ["r1"]
    assert shell.updates(Interrupted)[0].cause == "'stop' is no backchannel"
    assert shell.core.phase is Phase.LISTENING
    assert count(shell, ResumePlayback) == 0


def test_after_an_interruption_nothing_is_asked_for_until_the_words_have_come() -> None:
    shell = paused(with_rules(ASKED_BY_US))
    shell.feed(events.call_done("r1", "c1", "clock"))
    shell.feed(STOP)
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(ToolFinished("c1", "noon"))
    assert not shell.sent(ResponseCreate)
    shell.feed(events.speech_started("user_7"))
    shell.feed(events.speech_stopped("user_7"))
    assert len(shell.sent(ResponseCreate)) == 1


def test_the_endpoints_own_report_belongs_to_the_same_turn() -> None:
    shell = paused()
    shell.feed(STOP)
    shell.advance(250)
    shell.feed(events.speech_started("user_7"))
    told = "the endpoint heard speech, as the ear did: 'stop' is no backchannel"
    assert shell.updates(UserSpeechStarted) == [UserSpeechStarted("user_7", told)]
    assert len(shell.updates(Interrupted)) == 1
    assert truncations(shell) == [("i1", 420)]


def test_an_interruption_that_the_endpoint_never_hears_is_forgotten() -> None:
    shell = paused(with_rules(ASKED_BY_US))
    shell.feed(events.call_done("r1", "c1", "clock"))
    shell.feed(STOP)
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(ToolFinished("c1", "noon"))
    shell.advance(EXPECTED_DEADLINE_MS)
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_interruption_that_was_judged_too_late_still_stops_the_answer() -> None:
    shell = paused(ms=4_000)
    shell.advance(PAUSE_DEADLINE_MS + 100)
    shell.feed(STOP)
    assert truncations(shell) == [("i1", 520)]


def test_nothing_of_the_old_answer_is_played_after_an_interruption() -> None:
    shell = paused()
    shell.feed(STOP)
    shell.feed(events.audio_delta("r1", "i1", 500))
    shell.advance(1_000)
    assert shell.speaker.heard_ms("i1", 0) == 420


# --- the endpoint hears it as well ----------------------------------------------------------------


def test_what_the_endpoint_hears_waits_for_the_verdict() -> None:
    shell = paused()
    shell.feed(events.speech_started())
    assert count(shell, FlushPlayback) == 0
    assert shell.core.phase is Phase.SPEAKING
    shell.feed(STOP)
    assert truncations(shell) == [("i1", 420)]
    assert not shell.sent(ResponseCancel), "the endpoint cancels by itself"


def test_without_a_verdict_the_endpoints_word_counts() -> None:
    shell = paused()
    shell.feed(events.speech_started())
    shell.advance(DISPUTE_DEADLINE_MS)
    assert truncations(shell) == [("i1", 420)]
    assert count(shell, ResumePlayback) == 0
    assert shell.core.phase is Phase.LISTENING


def test_what_was_received_is_played_on_though_the_endpoint_cancelled_for_a_backchannel() -> None:
    shell = paused()
    shell.feed(events.speech_started())
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(MM_HM)
    shell.feed(events.audio_delta("r1", "i1", 200))
    shell.advance(780)
    assert len(shell.speaker.heard_pcm("i1")) == 57_600
    assert not truncations(shell)
    assert not shell.sent(ConversationItemDelete)
    assert not shell.updates(Interrupted)


def test_what_was_cut_short_for_a_backchannel_is_asked_for_once_after_the_endpoints_turn() -> None:
    shell = paused(with_rules(ASKED_BY_US))
    shell.feed(events.speech_started())
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(MM_HM)
    assert not shell.sent(ResponseCreate)
    shell.feed(events.speech_stopped())
    assert len(shell.sent(ResponseCreate)) == 1
    shell.feed(events.response_created("r2"))
    shell.feed(events.response_done("r2"))
    shell.advance(5_000)
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_endpoint_that_answers_the_backchannel_by_itself_is_not_asked() -> None:
    shell = paused()
    shell.feed(events.speech_started())
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(MM_HM)
    shell.feed(events.speech_stopped())
    shell.feed(events.response_created("r2"))
    shell.feed(events.audio_delta("r2", "i2", 200))
    shell.feed(events.response_done("r2"))
    shell.advance(OWED_DEADLINE_MS + 1_000)
    assert not shell.sent(ResponseCreate)
    assert len(shell.speaker.heard_pcm("i1")) == 48_000
    assert len(shell.speaker.heard_pcm("i2")) == 9_600


def test_an_endpoint_that_leaves_the_backchannel_unanswered_is_asked_to_go_on() -> None:
    shell = paused()
    shell.feed(events.speech_started())
    shell.feed(MM_HM)
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(events.speech_stopped())
    shell.advance(OWED_DEADLINE_MS)
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_answer_that_was_complete_is_not_asked_for_again() -> None:
    shell = paused()
    shell.feed(events.speech_started())
    shell.feed(events.response_done("r1"))
    shell.feed(MM_HM)
    shell.feed(events.speech_stopped())
    shell.advance(10_000)
    assert not shell.sent(ResponseCreate)


def test_an_endpoint_that_hears_the_sound_only_after_the_verdict_is_overruled_as_well() -> None:
    shell = paused()
    shell.feed(MM_HM)
    shell.advance(200)
    shell.feed(events.speech_started())
    assert count(shell, FlushPlayback) == 0
    assert shell.core.phase is Phase.SPEAKING
    shell.advance(380)
    assert len(shell.speaker.heard_pcm("i1")) == 48_000


def test_speech_in_a_turn_that_was_overruled_can_still_stop_the_answer() -> None:
    shell = paused(ms=2_000)
    shell.feed(events.speech_started())
    shell.feed(MM_HM)
    shell.advance(200)
    shell.feed(NearSpeech())
    shell.feed(STOP)
    assert truncations(shell) == [("i1", 620)]
    assert shell.core.phase is Phase.LISTENING


def test_a_second_turn_after_one_that_was_overruled_interrupts_as_ever() -> None:
    shell = paused(ms=4_000)
    shell.feed(events.speech_started())
    shell.feed(MM_HM)
    shell.feed(events.speech_stopped())
    shell.advance(1_500)
    shell.feed(events.speech_started("user_2"))
    assert truncations(shell) == [("i1", 1_920)]


def test_an_endpoint_that_does_not_cancel_goes_on_with_the_same_answer() -> None:
    shell = paused(PureShell(capabilities=LEADING))
    shell.feed(events.speech_started())
    shell.feed(MM_HM)
    shell.feed(events.audio_delta("r1", "i1", 200))
    shell.feed(events.speech_stopped())
    shell.feed(events.response_done("r1"))
    shell.advance(780)
    assert len(shell.speaker.heard_pcm("i1")) == 57_600
    assert not shell.sent(ResponseCancel)


def test_an_endpoint_that_never_ends_what_it_cancels_is_asked_to_go_on() -> None:
    silent = Capabilities(done_after_cancel=False)
    shell = paused(with_rules(ASKED_BY_US, silent))
    shell.feed(events.speech_started())
    shell.feed(MM_HM)
    shell.feed(events.speech_stopped())
    assert len(shell.sent(ResponseCreate)) == 1


# --- what is told ---------------------------------------------------------------------------------


def test_every_change_of_phase_says_why() -> None:
    shell = paused()
    shell.feed(STOP)
    shell.feed(events.speech_started())
    shell.feed(events.speech_stopped())
    assert [(told.phase, told.cause) for told in shell.updates(PhaseChanged)] == [
        (Phase.LISTENING, "the connection stands"),
        (Phase.THINKING, "the answer is being made"),
        (Phase.SPEAKING, "the answer sounds"),
        (Phase.LISTENING, "'stop' is no backchannel"),
        (Phase.THINKING, "500 ms of silence"),
    ]


def test_what_our_own_server_says_of_the_end_of_a_turn_is_told() -> None:
    shell = PureShell()
    shell.connect()
    shell.feed(events.speech_started())
    event = {"type": "input_audio_buffer.speech_stopped", "x-cause": "speech for 30 s"}
    shell.feed(InputAudioBufferSpeechStopped.model_validate(event))
    assert shell.updates(UserSpeechStopped) == [UserSpeechStopped("speech for 30 s")]


def test_news_of_devices_are_passed_on_whatever_happens() -> None:
    shell = PureShell()
    shell.feed(DeviceChanged("microphone", "USB", False, "it was unplugged"))
    update = DeviceUpdate("microphone", "USB", False, "it was unplugged")
    assert shell.updates(DeviceUpdate) == [update]


def test_an_answer_whose_speaker_has_gone_ends_with_what_was_heard_of_it() -> None:
    shell = paused()
    shell.feed(DeviceChanged("speaker", "USB", False, "the speaker 'USB' was unplugged"))
    assert [item for item, _ in truncations(shell)] == ["i1"]
    assert len(shell.sent(ResponseCancel)) == 1
