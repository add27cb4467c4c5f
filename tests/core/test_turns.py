"""Endpointing: frames in, turn events out."""

import pytest

from voice.core.turns import (
    SpeechBegan,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    TurnDetector,
    TurnRules,
)

FRAME_MS = 32


class Audio:
    """Feeds a detector frame by frame and keeps what it said."""

    def __init__(self, rules=None):
        self.detector = TurnDetector(rules or TurnRules())
        self.position_ms = 0
        self.events = []

    def feed(self, probability, duration_ms):
        for _ in range(duration_ms // FRAME_MS):
            self.position_ms += FRAME_MS
            self.events += self.detector.feed(self.position_ms, probability)
        return self

    def speech(self, duration_ms):
        return self.feed(0.9, duration_ms)

    def silence(self, duration_ms):
        return self.feed(0.02, duration_ms)

    def kinds(self):
        return [type(event) for event in self.events]


def test_speech_start_is_moved_back_by_the_prefix_padding():
    audio = Audio().silence(640).speech(320)
    assert audio.events == [SpeechBegan(audio_start_ms=640 - 300)]


def test_prefix_padding_never_reaches_before_the_first_sample():
    assert Audio().speech(320).events == [SpeechBegan(audio_start_ms=0)]


def test_a_single_frame_is_a_click_and_not_speech():
    assert Audio().silence(320).speech(32).silence(320).events == []


def test_a_pause_is_told_once_and_resumption_is_told():
    audio = Audio().speech(640).silence(192).speech(320)
    assert audio.kinds() == [SpeechBegan, SpeechPaused, SpeechResumed]


def test_a_pause_too_short_to_be_told_is_not_resumed_either():
    assert Audio().speech(640).silence(64).speech(320).kinds() == [SpeechBegan]


@pytest.mark.parametrize(
    ("complete", "wait_ms"), [(0.9, 224), (0.5, 500), (0.1, 1_200), (None, 500)]
)
def test_the_words_so_far_decide_how_long_silence_must_last(complete, wait_ms):
    audio = Audio().speech(640).silence(96)
    if complete is not None:
        audio.events += audio.detector.judge(complete)
    audio.silence(1_600)
    (ended,) = [event for event in audio.events if isinstance(event, SpeechEnded)]
    assert wait_ms <= ended.silence_ms < wait_ms + FRAME_MS


def test_a_late_verdict_ends_the_turn_at_once_when_silence_was_long_enough():
    audio = Audio().speech(640).silence(384)
    assert SpeechEnded not in audio.kinds()
    assert [type(event) for event in audio.detector.judge(0.9)] == [SpeechEnded]


def test_a_verdict_without_a_pause_changes_nothing():
    audio = Audio().speech(640)
    assert audio.detector.judge(0.9) == []
    assert audio.detector.is_user_speaking


def test_an_old_verdict_does_not_count_for_the_next_pause():
    audio = Audio().speech(640).silence(128)
    audio.detector.judge(0.9)
    audio.speech(320).silence(256)
    assert SpeechEnded not in audio.kinds()


def test_a_voice_that_sounds_unfinished_makes_complete_words_wait():
    audio = Audio().speech(640).silence(128)
    audio.detector.judge(0.9)
    audio.detector.judge_sound(0.1)
    audio.silence(352)
    assert SpeechEnded not in audio.kinds()
    ended = audio.silence(32).events[-1]
    assert ended.cause == "512 ms of silence after complete words that sounded unfinished"


def test_an_old_sound_does_not_count_for_the_next_pause():
    audio = Audio().speech(640).silence(128)
    audio.detector.judge_sound(0.1)
    audio.speech(320).silence(128)
    audio.detector.judge(0.9)
    assert audio.silence(96).kinds()[-1] is SpeechEnded


def test_a_sound_that_comes_while_somebody_speaks_changes_nothing():
    audio = Audio().speech(640)
    assert audio.detector.judge_sound(0.99) == []
    assert audio.detector.is_user_speaking


def test_fixed_silence_ignores_the_words():
    rules = TurnRules.server_vad(threshold=0.5, prefix_padding_ms=0, silence_duration_ms=400)
    audio = Audio(rules).speech(640).silence(320)
    audio.events += audio.detector.judge(0.9)
    assert SpeechEnded not in audio.kinds()
    audio.silence(128)
    assert SpeechEnded in audio.kinds()


def test_wavering_scores_just_under_the_threshold_do_not_end_a_turn():
    audio = Audio().speech(640).feed(0.4, 1_600)
    assert audio.kinds() == [SpeechBegan]


def test_a_television_cannot_hold_the_turn_for_ever():
    audio = Audio(TurnRules(max_turn_ms=3_200)).speech(6_400)
    began, ended = audio.events[:2]
    assert ended == SpeechEnded(3_200, 0, "speech without an end for 3 s")
    assert isinstance(began, SpeechBegan)


def test_a_voice_that_goes_on_after_the_limit_is_a_turn_again_once_it_pauses():
    audio = Audio(TurnRules(max_turn_ms=3_200)).speech(4_800)
    assert audio.kinds() == [SpeechBegan, SpeechEnded], "an answer has room to begin"
    assert audio.detector.held_from_ms == 3_200
    audio.silence(512)
    assert audio.kinds()[2:] == [SpeechBegan, SpeechPaused, SpeechEnded]
    assert audio.events[2] == SpeechBegan(3_200), "no word is lost"
    assert audio.speech(640).kinds()[-1] is SpeechBegan


def test_a_voice_that_never_pauses_is_cut_into_turns_of_the_limit():
    audio = Audio(TurnRules(max_turn_ms=3_200)).speech(9_920)
    assert audio.kinds() == [SpeechBegan, SpeechEnded] * 3
    starts = [event.audio_start_ms for event in audio.events if isinstance(event, SpeechBegan)]
    assert starts == [0, 3_200, 6_400]


def test_silence_after_the_limit_is_no_turn():
    audio = Audio(TurnRules(max_turn_ms=3_200)).speech(3_200).silence(1_024)
    assert audio.kinds() == [SpeechBegan, SpeechEnded]
    assert audio.speech(640).kinds()[-1] is SpeechBegan


def test_turns_that_words_may_end_have_the_shorter_limit():
    assert TurnRules.semantic_vad("low").max_turn_ms == 30_000
    fixed = TurnRules.server_vad(threshold=0.5, prefix_padding_ms=0, silence_duration_ms=400)
    assert fixed.max_turn_ms == 60_000


@pytest.mark.parametrize(
    ("complete", "cause"),
    [
        (0.9, "224 ms of silence after complete words"),
        (0.5, "512 ms of silence after words"),
        (0.1, "1216 ms of silence after incomplete words"),
        (None, "512 ms of silence"),
    ],
)
def test_the_end_of_a_turn_says_why(complete, cause):
    audio = Audio().speech(640).silence(128)
    if complete is not None:
        audio.events += audio.detector.judge(complete)
    audio.silence(1_200)
    (ended,) = [event for event in audio.events if isinstance(event, SpeechEnded)]
    assert ended.cause == cause


def test_eagerness_orders_the_waits():
    high, auto, low = (TurnRules.semantic_vad(e) for e in ("high", "auto", "low"))
    assert high.wait_complete_ms < auto.wait_complete_ms < low.wait_complete_ms
    assert high.wait_incomplete_ms < auto.wait_incomplete_ms < low.wait_incomplete_ms


def test_reset_forgets_an_open_turn():
    audio = Audio().speech(640)
    audio.detector.reset(TurnRules())
    assert not audio.detector.is_user_speaking
    assert audio.silence(1_600).kinds() == [SpeechBegan]


def test_prefix_padding_never_takes_a_word_of_the_turn_before():
    rules = TurnRules.server_vad(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=96)
    audio = Audio(rules).speech(640).silence(96).speech(320)
    starts = [event.audio_start_ms for event in audio.events if isinstance(event, SpeechBegan)]
    assert starts == [0, 640]


def test_prefix_padding_never_reaches_before_a_commit():
    audio = Audio().speech(640)
    audio.detector.reset(TurnRules(), after_ms=640)
    audio.speech(320)
    assert audio.events[-1] == SpeechBegan(640)


def test_a_voice_is_heard_in_a_turn_and_not_in_its_pauses():
    audio = Audio().speech(640)
    assert audio.detector.is_voice_heard
    assert not audio.silence(96).detector.is_voice_heard


def test_changed_rules_end_an_open_turn_by_their_own_silence():
    audio = Audio().speech(640)
    audio.detector.rules = TurnRules.server_vad(
        threshold=0.5, prefix_padding_ms=300, silence_duration_ms=192
    )
    assert SpeechEnded(832, 192, "192 ms of silence") in audio.silence(192).events
