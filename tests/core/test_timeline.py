"""When things happened in a turn."""

from voice.core.timeline import MAX_RESPONSES, Timeline
from voice.core.updates import TurnTimeline


def test_a_turn_and_its_answer_make_one_timeline() -> None:
    timeline = Timeline()
    timeline.turn_ended("u1", speech_end_ms=900, now_ms=1_200)
    timeline.transcribed("u1", 1_210)
    timeline.token("r1", 1_300)
    timeline.audio("r1", 1_350)
    timeline.token("r1", 1_360)
    timeline.audio("r1", 1_400)
    assert timeline.finish("r1") == TurnTimeline("r1", 900, 1_200, 1_210, 1_300, 1_350, 1_400)


def test_a_transcript_of_another_turn_does_not_count() -> None:
    timeline = Timeline()
    timeline.turn_ended("u2", speech_end_ms=None, now_ms=1_000)
    timeline.transcribed("u1", 1_100)
    assert timeline.finish("r1").transcript_ms is None


def test_a_turn_of_ours_is_named_by_the_endpoint_later() -> None:
    timeline = Timeline()
    timeline.turn_ended("", speech_end_ms=1_000, now_ms=1_000)
    timeline.turn_named("u1")
    timeline.transcribed("u1", 1_100)
    assert timeline.finish("r1").transcript_ms == 1_100


def test_what_nobody_asked_for_has_no_turn() -> None:
    timeline = Timeline()
    timeline.turn_ended("u1", speech_end_ms=900, now_ms=1_000)
    timeline.unprompted()
    timeline.audio("r1", 2_000)
    assert timeline.finish("r1") == TurnTimeline("r1", first_audio_ms=2_000, last_audio_ms=2_000)


def test_responses_that_never_end_are_forgotten() -> None:
    timeline = Timeline()
    for number in range(MAX_RESPONSES + 1):
        timeline.token(f"r{number}", number)
    assert timeline.finish("r0").first_token_ms is None
    assert timeline.finish("r1").first_token_ms == 1


def test_an_answer_that_ends_after_the_next_turn_is_timed_by_its_own() -> None:
    timeline = Timeline()
    timeline.turn_ended("u1", speech_end_ms=900, now_ms=1_200)
    timeline.audio("r1", 1_350)
    timeline.turn_ended("u2", speech_end_ms=2_900, now_ms=3_200)
    timeline.transcribed("u2", 3_210)
    told = timeline.finish("r1")
    assert (told.speech_end_ms, told.turn_end_ms, told.transcript_ms) == (900, 1_200, None)
    assert timeline.finish("r2").turn_end_ms == 3_200
