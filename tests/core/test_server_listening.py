"""The user's turns as events: when they begin and end, how long, in what words, and in silence."""

import itertools

import pytest

from tests.core.server_desk import FRAME_MS, Desk, error_of, text_turn, types
from voice.core import server_messages as msg
from voice.core.refusals import Refusal
from voice.core.session_fields import Recogniser
from voice.protocol.client_events import AudioAppend
from voice.protocol.formats import PCMU
from voice.protocol.turn_causes import CAUSE_KEY, TURN_CAUSES_KEY

READING_ALONG = {"input": {"transcription": {"model": "whisper-1"}}}
DELTA = "conversation.item.input_audio_transcription.delta"
COMPLETED = "conversation.item.input_audio_transcription.completed"
STARTED = "input_audio_buffer.speech_started"
STOPPED = "input_audio_buffer.speech_stopped"
TIMED_OUT = "input_audio_buffer.timeout_triggered"


@pytest.fixture
def desk():
    return Desk()


def detection(desk, **fields):
    desk.update(audio={"input": {"turn_detection": {"type": "server_vad", **fields}}})


def semantic(desk, eagerness):
    block = {"type": "semantic_vad", "eagerness": eagerness}
    desk.update(audio={"input": {"turn_detection": block}})


def hand(desk):
    desk.update(audio={"input": {"turn_detection": None}})


def deltas(events):
    return [event.delta for event in events if event.type == DELTA]


# --- how a turn begins and ends


@pytest.mark.parametrize("prefix_padding_ms", [0, 96, 320])
def test_speech_is_dated_back_by_the_prefix_padding(desk, prefix_padding_ms):
    detection(desk, prefix_padding_ms=prefix_padding_ms)
    desk.hear(0.0, 640)
    (started,) = desk.hear(0.9, 320)
    assert started.audio_start_ms == 640 - prefix_padding_ms


@pytest.mark.parametrize("asks", [True, False])
def test_why_a_turn_ended_is_told_to_a_client_that_asks_and_to_no_other(desk, asks):
    desk.update(**({TURN_CAUSES_KEY: True} if asks else {}))
    detection(desk, silence_duration_ms=320)
    sent = desk.hear(0.9, 640) + desk.hear(0.0, 320)
    (stopped,) = [event for event in sent if event.type == STOPPED]
    assert stopped.to_wire().get(CAUSE_KEY) == ("320 ms of silence" if asks else None)


def test_a_television_neither_holds_the_turn_nor_cuts_off_the_answer(desk):
    desk.update(**{TURN_CAUSES_KEY: True})
    semantic(desk, "auto")
    sent = desk.hear(0.9, 31_000)
    assert types(sent).count(STARTED) == 1
    (stopped,) = [event for event in sent if event.type == STOPPED]
    assert stopped.to_wire()[CAUSE_KEY] == "speech without an end for 30 s"
    desk.recognise("What time is it?")
    assert desk.ordered(msg.StartResponse)
    assert STARTED not in types(desk.hear(0.9, 5_000))


@pytest.mark.parametrize(("threshold", "speech"), [(0.3, True), (0.5, False)])
def test_the_threshold_decides_what_is_speech(desk, threshold, speech):
    detection(desk, threshold=threshold)
    assert (STARTED in types(desk.hear(0.4, 320))) is speech


@pytest.mark.parametrize("silence_duration_ms", [192, 512, 992])
def test_the_silence_lasts_as_long_as_configured(desk, silence_duration_ms):
    detection(desk, silence_duration_ms=silence_duration_ms)
    desk.hear(0.9, 640)
    assert STOPPED not in types(desk.hear(0.0, silence_duration_ms - FRAME_MS))
    assert STOPPED in types(desk.hear(0.0, FRAME_MS))


def waited_ms(eagerness, complete):
    """How long the silence lasts before a turn with such words is over."""
    desk = Desk()
    semantic(desk, eagerness)
    desk.hear(0.9, 640)
    sent = desk.hear(0.0, 96)
    order = desk.ordered(msg.Transcribe)[-1]
    sent += desk.give(msg.Transcribed(order.item_id, order.generation, "Well", complete))
    for frames in itertools.count(3):
        if STOPPED in types(sent):
            return frames * FRAME_MS
        sent += desk.hear(0.0, FRAME_MS)


@pytest.mark.parametrize("complete", [0.9, 0.5, 0.1])
def test_eagerness_is_a_difference_that_can_be_measured(complete):
    waits = [waited_ms(eagerness, complete) for eagerness in ("high", "medium", "low")]
    assert waits == sorted(set(waits))
    assert waited_ms("auto", complete) == waited_ms("medium", complete)


def test_no_answer_is_made_where_the_client_wants_to_make_it(desk):
    detection(desk, create_response=False)
    sent = desk.say_turn()
    assert "conversation.item.done" in types(sent)
    assert not desk.ordered(msg.StartResponse)
    assert types(desk.client("response.create")) == ["response.created"]


def test_an_answer_goes_on_under_speech_where_it_may_not_be_interrupted(desk):
    detection(desk, interrupt_response=False)
    desk.say_turn()
    response_id, _ = desk.answer(end=False)
    sent = desk.hear(0.9, 640)
    assert types(sent) == [STARTED]
    assert not desk.ordered(msg.StopResponse)
    assert desk.give(msg.SpeechMade(response_id, bytes(960)))


# --- changes in mid-stream


def test_changed_rules_go_on_with_the_open_turn(desk):
    desk.hear(0.9, 640)
    detection(desk, silence_duration_ms=224)
    sent = desk.hear(0.0, 224)
    assert types(sent)[0] == STOPPED
    assert STARTED not in types(sent)


def test_a_turn_left_open_is_committed_by_hand_under_its_announced_id(desk):
    (started,) = desk.hear(0.9, 640)
    hand(desk)
    assert desk.hear(0.0, 2_048) == []
    committed = desk.client("input_audio_buffer.commit")[0]
    assert committed.item_id == started.item_id
    assert len(desk.ordered(msg.Transcribe)[-1].audio) == 48 * (640 + 2_048)


def test_detection_starts_on_what_comes_after_it_was_asked_for(desk):
    hand(desk)
    assert desk.hear(0.9, 640) == []
    detection(desk)
    assert desk.ordered(msg.ResetSpeech)[-1].position_ms == 640
    assert STARTED in types(desk.hear(0.9, 320))


def test_scores_of_audio_that_was_cleared_say_nothing(desk):
    desk.give(AudioAppend(audio=bytes(48 * 640), event_id=None))
    desk.client("input_audio_buffer.clear")
    late = [desk.give(msg.SpeechScored(end_ms, 0.9)) for end_ms in range(32, 640, 32)]
    assert not any(late)


def test_scores_of_audio_that_was_committed_by_hand_say_nothing(desk):
    desk.give(AudioAppend(audio=bytes(48 * 640), event_id=None))
    desk.client("input_audio_buffer.commit")
    late = [desk.give(msg.SpeechScored(end_ms, 0.9)) for end_ms in range(32, 640, 32)]
    assert not any(late)


def test_clearing_during_speech_forgets_the_turn_and_what_was_read_of_it(desk):
    desk.update(audio=READING_ALONG)
    desk.hear(0.9, 960)
    partial = desk.ordered(msg.Transcribe)[-1]
    assert types(desk.client("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    dropped = msg.DropTranscription(partial.item_id, partial.generation)
    assert desk.ordered(msg.DropTranscription) == [dropped]
    assert desk.hear(0.0, 2_048) == []


def test_a_commit_during_speech_takes_the_turn_and_speech_goes_on_as_the_next(desk):
    (started,) = desk.hear(0.9, 640)
    committed = desk.client("input_audio_buffer.commit")[0]
    assert committed.item_id == started.item_id
    (again,) = desk.hear(0.9, 320)
    assert again.item_id != started.item_id
    assert again.audio_start_ms == 640


def test_another_format_throws_the_open_turn_away(desk):
    desk.hear(0.9, 640)
    desk.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
    assert desk.ordered(msg.ResetSpeech)[-1] == msg.ResetSpeech(PCMU, 640)
    assert desk.hear(0.0, 2_048) == []


def test_g711_is_counted_at_eight_bytes_a_millisecond(desk):
    hand(desk)
    desk.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
    desk.give(AudioAppend(audio=bytes(8 * 99), event_id=None))
    error = error_of(desk.client("input_audio_buffer.commit"))
    assert error.code == "input_audio_buffer_commit_empty"
    assert "99.00ms" in error.message
    desk.give(AudioAppend(audio=bytes(8), event_id=None))
    assert types(desk.client("input_audio_buffer.commit"))[0] == "input_audio_buffer.committed"
    assert desk.ordered(msg.Transcribe)[-1].format == PCMU


def test_an_empty_append_changes_nothing(desk):
    assert desk.give(AudioAppend(audio=b"", event_id=None)) == []
    assert not desk.ordered(msg.ScoreSpeech)


# --- the words


def read(desk, text):
    order = desk.ordered(msg.Transcribe)[-1]
    return desk.give(msg.Transcribed(order.item_id, order.generation, text, 0.5))


def test_words_come_while_the_user_speaks_and_the_rest_at_the_end(desk):
    desk.update(audio=READING_ALONG)
    (started,) = desk.hear(0.9, 832)
    sent = read(desk, "What.")
    desk.hear(0.9, 800)
    sent += read(desk, "What time is it")
    desk.hear(0.9, 800)
    sent += read(desk, "What time is it in Rome")
    assert deltas(sent) == ["What time is it"]
    sent += desk.hear(0.0, 1_024) + read(desk, "What time is it in Rome?")
    assert deltas(sent) == ["What time is it", " in Rome?"]
    completed = next(event for event in sent if event.type == COMPLETED)
    assert completed.transcript == "".join(deltas(sent))
    assert {event.item_id for event in sent if event.type == DELTA} == {started.item_id}


def test_a_turn_is_read_along_only_where_the_client_wants_its_words(desk):
    desk.hear(0.9, 3_200)
    assert not desk.ordered(msg.Transcribe)


def test_only_one_reading_is_under_way_at_a_time(desk):
    desk.update(audio=READING_ALONG)
    desk.hear(0.9, 3_200)
    assert len(desk.ordered(msg.Transcribe)) == 1


def test_a_reading_is_dropped_at_the_likely_end_of_the_turn(desk):
    desk.update(audio=READING_ALONG)
    desk.hear(0.9, 960)
    desk.hear(0.0, 96)
    partial, final = desk.ordered(msg.Transcribe)
    assert (partial.partial, final.partial) == (True, False)
    assert desk.ordered(msg.DropTranscription) == [
        msg.DropTranscription(partial.item_id, partial.generation)
    ]
    assert desk.give(msg.Transcribed(partial.item_id, partial.generation, "late", 0.5)) == []


def test_long_turns_are_read_less_often(desk):
    desk.update(audio=READING_ALONG)
    for _ in range(30_016 // 32):
        desk.hear(0.9, 32)
        if desk.ordered(msg.Transcribe):
            read(desk, "")
    ends_ms = [len(order.audio) // 48 for order in desk.ordered(msg.Transcribe)]
    assert 500 <= ends_ms[0] <= 1_000
    read_s = sum(ends_ms) / 1_000
    assert read_s * 0.006 / 30 < 0.05


def test_a_reading_that_fails_is_not_told_and_the_next_one_is_tried(desk):
    desk.update(audio=READING_ALONG)
    desk.hear(0.9, 960)
    order = desk.ordered(msg.Transcribe)[-1]
    assert desk.give(msg.TranscriptionFailed(order.item_id, order.generation, "busy")) == []
    desk.hear(0.9, 960)
    assert len(desk.ordered(msg.Transcribe)) == 2


def test_a_failed_recognition_is_told_of_its_item(desk):
    desk.update(audio=READING_ALONG)
    desk.hear(0.9, 640)
    desk.hear(0.0, 1_024)
    order = desk.ordered(msg.Transcribe)[-1]
    (failed,) = desk.give(msg.TranscriptionFailed(order.item_id, order.generation, "gone"))
    assert failed.type == "conversation.item.input_audio_transcription.failed"
    assert failed.to_wire()["error"]["message"] == "gone"


# --- silence


def idle_desk(timeout_ms=5_000):
    desk = Desk()
    detection(desk, idle_timeout_ms=timeout_ms)
    desk.say_turn()
    return desk


def wait(desk, duration_ms):
    """Let silence pass, with the microphone on."""
    sent = []
    for _ in range(duration_ms // FRAME_MS):
        sent += desk.hear(0.0, FRAME_MS)
        deadline_ms = desk.core.next_deadline_ms()
        if deadline_ms is not None and desk.now_ms >= deadline_ms:
            sent += desk.give(msg.Tick())
    return sent


def test_silence_after_the_playback_of_an_answer_is_broken_by_the_server():
    desk = idle_desk()
    begun_ms = desk.now_ms
    desk.answer("It is noon. Enjoy.")
    assert desk.core.next_deadline_ms() == begun_ms + 400 + 5_000
    assert wait(desk, 5_376) == []
    sent = wait(desk, 32)
    assert types(sent) == [
        TIMED_OUT,
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    triggered = sent[0]
    assert triggered.audio_end_ms - triggered.audio_start_ms == 5_000
    assert triggered.audio_end_ms == desk.position_ms
    assert {event.item_id for event in sent[:2]} == {triggered.item_id}
    prompt = desk.ordered(msg.StartResponse)[-1].prompt
    assert "said nothing" in prompt.instructions
    assert [entry.role for entry in prompt.entries] == ["user", "assistant"]


def test_silence_before_the_first_answer_is_not_broken():
    desk = Desk()
    detection(desk, idle_timeout_ms=1_000)
    assert wait(desk, 5_120) == []


def test_speech_puts_the_timeout_off():
    desk = idle_desk()
    desk.answer()
    wait(desk, 4_000)
    desk.hear(0.9, 640)
    assert desk.core.next_deadline_ms() is None
    assert TIMED_OUT not in types(wait(desk, 4_000))


def test_a_noise_counts_the_silence_anew():
    desk = idle_desk()
    desk.answer()
    wait(desk, 4_000)
    desk.say_turn("")
    assert TIMED_OUT not in types(wait(desk, 3_968))
    assert TIMED_OUT in types(wait(desk, 1_088))


def test_a_client_that_makes_its_own_answers_is_told_and_not_answered():
    desk = idle_desk()
    detection(desk, create_response=False)
    desk.answer()
    sent = wait(desk, 5_440)
    assert TIMED_OUT in types(sent)
    assert "response.created" not in types(sent)


def test_the_silence_is_transcribed_as_empty():
    desk = idle_desk()
    desk.update(audio=READING_ALONG)
    desk.answer()
    (completed,) = [event for event in wait(desk, 5_440) if event.type == COMPLETED]
    assert completed.transcript == ""


def test_no_timeout_means_no_deadline():
    desk = Desk()
    desk.say_turn()
    desk.answer()
    assert desk.core.next_deadline_ms() is None


# --- sessions that only transcribe


@pytest.fixture
def scribe():
    return Desk(initial={"type": "transcription"})


def test_a_transcription_session_is_greeted_in_its_own_shape(scribe):
    session = scribe.actions[0].event.to_wire()["session"]
    assert session["object"] == "realtime.transcription_session"
    assert "output_modalities" not in session
    assert list(session["audio"]) == ["input"]


def test_a_transcription_session_writes_turns_down_and_answers_none(scribe):
    sent = scribe.hear(0.9, 640) + scribe.hear(0.0, 1_024) + scribe.recognise("Write this.")
    assert types(sent) == [
        STARTED,
        STOPPED,
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        DELTA,
        COMPLETED,
    ]
    assert not scribe.ordered(msg.StartResponse)


def test_a_response_asked_of_a_transcription_session_is_refused(scribe):
    text_turn(scribe)
    error = error_of(scribe.client("response.create", event_id="evt_1"))
    assert (error.code, error.event_id) == ("invalid_value", "evt_1")
    assert "transcription session" in error.message


def test_a_session_may_turn_to_transcription_later(desk):
    (updated,) = desk.client("session.update", session={"type": "transcription"})
    assert updated.to_wire()["session"]["object"] == "realtime.transcription_session"
    assert not [event for event in desk.say_turn() if event.type == "response.created"]


# --- fields from the start


def test_initial_fields_hold_from_the_greeting_on():
    tool = {"type": "function", "name": "look", "parameters": {}}
    desk = Desk(initial={"instructions": "Be brief.", "tools": [tool]})
    assert desk.actions[0].event.to_wire()["session"]["instructions"] == "Be brief."
    assert desk.ordered(msg.PrepareBrain) == [msg.PrepareBrain((tool,))]


def test_initial_fields_are_checked_like_an_update():
    with pytest.raises(Refusal) as refused:
        Desk(initial={"colour": "red"})
    assert refused.value.param == "session.colour"


def test_the_recogniser_is_named_as_the_transcription_model():
    desk = Desk(recogniser=Recogniser("moonshine"))
    (updated,) = desk.update(audio=READING_ALONG)
    assert updated.to_wire()["session"]["audio"]["input"]["transcription"]["model"] == "moonshine"
