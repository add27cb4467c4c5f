"""One response: text in, events of the core out, in order and with exact word times."""

import asyncio

import numpy as np
import pytest

from tests.server.serving_kit import until
from voice.core import server_messages as msg
from voice.core.ledger import Entry
from voice.engines.fair_line import Urgency
from voice.engines.ports import BrainFinished, SpokenDelta, TextDelta
from voice.engines.scripted import ScriptedBrain, ScriptedReply, ScriptedTts
from voice.engines.threads import current_urgency
from voice.errors import EngineError
from voice.protocol.formats import PCM16
from voice.server.fillers import Fillers, FillerTexts
from voice.server.pipeline import Voices, run_response

PROMPT = msg.Prompt(instructions="", entries=())


async def run(reply, *, audio_format=PCM16, tts=None):
    fed = []
    voices = Voices(ScriptedBrain([reply]), tts or ScriptedTts())
    await run_response(msg.StartResponse("resp", PROMPT, audio_format), voices, fed.append)
    return fed


def texts(fed):
    return [(word.text, word.end_ms) for step in fed for word in getattr(step, "words", ())]


async def test_word_times_run_on_over_the_pieces():
    fed = await run("Yes, sure thing. All done.")
    assert texts(fed) == [
        ("Yes,", 100),
        (" sure", 200),
        (" thing.", 300),
        (" All", 400),
        (" done.", 500),
    ]


async def test_silent_markup_counts_with_the_words_around_it():
    text = "Look: **very** good 🎉 indeed."
    fed = await run(text)
    assert "".join(word for word, _ in texts(fed)) == text
    spoken = [step.text for step in fed if isinstance(step, msg.SpeechBegun)]
    assert "".join(spoken) == text
    ends = [end for _, end in texts(fed)]
    assert ends == sorted(ends)


async def test_what_was_never_spoken_is_still_told_as_text():
    fed = await run("🎉")
    assert [type(step) for step in fed] == [
        msg.AnswerBegun,
        msg.SpeechBegun,
        msg.SpeechMade,
        msg.AnswerEnded,
    ]
    assert fed[2].audio == b""


async def test_text_before_a_call_is_spoken_before_it():
    reply = ScriptedReply("One moment please.", calls=(("get_time", {}),))
    kinds = [type(step) for step in await run(reply)]
    assert kinds.index(msg.SpeechBegun) < kinds.index(msg.CallMade)
    assert kinds[-1] is msg.AnswerEnded


async def test_what_is_said_after_a_call_is_timed_from_its_own_beginning():
    class Talkative(ScriptedBrain):
        def _deltas(self, reply):
            return [*super()._deltas(reply), TextDelta("It is noon.")]

    fed = []
    voices = Voices(Talkative([ScriptedReply("Wait please.", calls=(("f", {}),))]), ScriptedTts())
    await run_response(msg.StartResponse("resp", PROMPT, PCM16), voices, fed.append)
    assert texts(fed) == [
        ("Wait", 100),
        (" please.", 200),
        ("It", 100),
        (" is", 200),
        (" noon.", 300),
    ]


async def test_speech_ends_where_the_token_limit_falls():
    prompt = msg.Prompt(instructions="", entries=(), max_output_tokens=3)
    fed = []
    voices = Voices(ScriptedBrain(["One two three four five."]), ScriptedTts())
    await run_response(msg.StartResponse("resp", prompt, PCM16), voices, fed.append)
    assert fed[-1] == msg.AnswerEnded("resp", "length", output_tokens=3)
    assert [text for text, _ in texts(fed)] == ["One", " two", " three", " "]
    assert sum(len(step.audio) for step in fed if isinstance(step, msg.SpeechMade)) == 48 * 300


async def test_a_text_answer_needs_no_voice():
    tts = ScriptedTts()
    fed = await run("Only text.", audio_format=None, tts=tts)
    written = "".join(step.text for step in fed if isinstance(step, msg.TextWritten))
    assert written == "Only text."
    assert tts.spoken == []


async def test_what_came_before_a_failure_is_spoken():
    fed = await run(ScriptedReply("This is fine. And then", error="gone"))
    assert any(isinstance(step, msg.SpeechMade) and step.audio for step in fed)
    assert fed[-1] == msg.AnswerFailed("resp", "engine_error", "gone")


async def test_a_failure_keeps_its_code_and_type():
    class Poor(ScriptedBrain):
        async def respond(self, request):
            raise EngineError("no credit", code="insufficient_quota", kind="insufficient_quota")
            yield

    fed = []
    await run_response(
        msg.StartResponse("resp", PROMPT, PCM16), Voices(Poor(), ScriptedTts()), fed.append
    )
    expected = msg.AnswerFailed("resp", "insufficient_quota", "no credit", "insufficient_quota")
    assert fed == [expected]


def fillers(after_s=0.05):
    return Fillers(FillerTexts(("One moment.",), "Sorry, I cannot.", after_s))


async def speak(brain, **options):
    fed, tts = [], ScriptedTts()
    voices = Voices(brain, tts, fillers(**options))
    task = asyncio.create_task(
        run_response(msg.StartResponse("resp", PROMPT, PCM16), voices, fed.append)
    )
    return fed, tts, task


async def test_a_slow_brain_is_filled_in_for_and_the_answer_follows():
    brain = ScriptedBrain([ScriptedReply("It is ten.", pause_after=0)])
    fed, tts, task = await speak(brain)
    await until(lambda: tts.spoken)
    brain.resume.set()
    await asyncio.wait_for(task, 5)
    assert tts.spoken == ["One moment.", "It is ten."]
    said = "".join(step.text for step in fed if isinstance(step, msg.SpeechBegun))
    assert said == "One moment. It is ten."
    assert isinstance(fed[-1], msg.AnswerEnded)


async def test_a_quick_brain_is_not_filled_in_for():
    _, tts, task = await speak(ScriptedBrain(["It is ten."]), after_s=5.0)
    await asyncio.wait_for(task, 5)
    assert tts.spoken == ["It is ten."]


async def test_an_interruption_ends_the_filling():
    brain = ScriptedBrain([ScriptedReply("It is ten.", pause_after=0)])
    fed, tts, task = await speak(brain)
    await until(lambda: tts.spoken)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert brain.closed_early == 1


async def test_a_failure_is_apologised_for_aloud_and_told():
    fed, tts, task = await speak(ScriptedBrain([ScriptedReply(error="gone")]), after_s=5.0)
    await asyncio.wait_for(task, 5)
    assert tts.spoken == ["Sorry, I cannot."]
    assert fed[-1] == msg.AnswerFailed("resp", "engine_error", "gone")


async def test_an_answer_that_breaks_off_is_told_apart_from_the_apology():
    fed, _, task = await speak(
        ScriptedBrain([ScriptedReply("This is fine. And then", error="gone")]), after_s=5.0
    )
    await asyncio.wait_for(task, 5)
    said = "".join(step.text for step in fed if isinstance(step, msg.SpeechBegun))
    assert said == "This is fine. Sorry, I cannot."


class Silent(ScriptedBrain):
    """Ends its answer for a reason, without a word of it."""

    def __init__(self, reason="stop"):
        super().__init__([""])
        self.reason = reason

    async def respond(self, request):
        yield TextDelta("\n")
        yield BrainFinished(self.reason)


async def hear(brain, *entries, audio_format=PCM16, is_beside=False):
    fed, tts = [], ScriptedTts()
    prompt = msg.Prompt(instructions="", entries=entries)
    start = msg.StartResponse("resp", prompt, audio_format, is_beside=is_beside)
    await run_response(start, Voices(brain, tts, fillers(after_s=5.0)), fed.append)
    return fed[-1], tts.spoken


async def test_an_answer_without_a_word_is_not_left_silent():
    ended, spoken = await hear(Silent())
    assert spoken == ["I have no answer to that."]
    assert ended == msg.AnswerEnded("resp", "stop")


async def test_an_answer_that_was_filtered_out_is_told_as_such():
    ended, spoken = await hear(Silent("content_filter"))
    assert spoken == ["The model may not answer that."]
    assert ended.reason == "content_filter"


async def test_an_answer_whose_tokens_ran_out_before_its_first_word_is_told_as_such():
    ended, spoken = await hear(Silent("length"))
    assert spoken == ["I ran out of room before I could answer that."]
    assert ended.reason == "length"


async def test_nobody_is_told_of_emptiness_who_does_not_wait_in_silence():
    called = ScriptedBrain([ScriptedReply("", calls=(("f", {}),))])
    assert (await hear(called))[1] == []
    assert (await hear(Silent(), is_beside=True))[1] == []
    assert (await hear(Silent(), audio_format=None))[1] == []
    asked = Entry("item_1", "message", "user", "Set a timer.")
    said = Entry("item_2", "message", "assistant", "Your timer is set.")
    assert (await hear(Silent(), asked, said))[1] == []
    assert (await hear(Silent(), said, asked))[1] == ["I have no answer to that."]


class Speaking(ScriptedBrain):
    """Speaks itself: the words first, then a second of sound in ten pieces."""

    def _deltas(self, reply):
        silence = np.zeros(0, np.int16)
        sound = [SpokenDelta(np.full(2_400, 99, np.int16), 24_000) for _ in range(10)]
        return [
            SpokenDelta(silence, 24_000, "It is "),
            SpokenDelta(silence, 24_000, "ten."),
            *sound,
        ]


async def test_a_brain_that_speaks_itself_is_played_and_not_synthesised():
    tts, fed = ScriptedTts(), []
    start = msg.StartResponse("resp", PROMPT, PCM16)
    await run_response(start, Voices(Speaking(["x"]), tts), fed.append)
    assert tts.spoken == []
    audio = b"".join(step.audio for step in fed if isinstance(step, msg.SpeechMade))
    assert audio == np.full(24_000, 99, "<i2").tobytes()
    said = "".join(step.text for step in fed if isinstance(step, msg.SpeechBegun))
    assert said == "It is ten."
    assert texts(fed) == [("It", 222), (" is", 555), (" ten.", 1_000)]


async def test_a_filler_before_a_brains_own_voice_shifts_its_words():
    tts, fed = ScriptedTts(), []
    brain = Speaking([ScriptedReply("x", pause_after=0)])
    task = asyncio.create_task(
        run_response(
            msg.StartResponse("resp", PROMPT, PCM16), Voices(brain, tts, fillers()), fed.append
        )
    )
    await until(lambda: any(isinstance(step, msg.SpeechMade) for step in fed))
    brain.resume.set()
    await asyncio.wait_for(task, 5)
    assert tts.spoken == ["One moment."]
    assert texts(fed)[-1] == (" ten.", 1_200)
    ends = [end for _, end in texts(fed)]
    assert ends == sorted(ends)


async def test_the_words_of_a_brains_own_voice_are_a_text_answer():
    fed = []
    start = msg.StartResponse("resp", PROMPT, None)
    await run_response(start, Voices(Speaking(["x"]), ScriptedTts()), fed.append)
    written = "".join(step.text for step in fed if isinstance(step, msg.TextWritten))
    assert written == "It is ten."


async def test_a_bug_in_an_engine_is_reported_without_its_details(caplog):
    class Broken(ScriptedTts):
        async def speak(self, text, *, voice=None, speed=1.0):
            raise ZeroDivisionError("secret detail")
            yield

    fed = await run("Hello.", tts=Broken())
    assert fed[-1].code == "internal_error"
    assert "secret" not in fed[-1].message
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


async def test_cancelling_stops_the_brain_and_feeds_nothing_more():
    gate = asyncio.Event()
    brain = ScriptedBrain([ScriptedReply("One two three four.", pause_after=2)])
    fed = []
    voices = Voices(brain, ScriptedTts(gate=gate))
    work = run_response(msg.StartResponse("resp", PROMPT, PCM16), voices, fed.append)
    task = asyncio.create_task(work)
    await until(lambda: fed)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert brain.closed_early == 1
    assert not [step for step in fed if isinstance(step, msg.AnswerEnded | msg.AnswerFailed)]


async def test_long_speech_travels_in_short_deltas():
    fed = await run("Word.", tts=ScriptedTts(word_ms=1_000))
    sizes = [len(step.audio) for step in fed if isinstance(step, msg.SpeechMade)]
    assert sizes == [9_600] * 5


async def test_an_answer_makes_way_the_further_it_runs_ahead_of_its_playing():
    urgencies = []

    class Watched(ScriptedTts):
        async def speak(self, text, *, voice=None, speed=1.0):
            chunks = super().speak(text, voice=voice, speed=speed)
            async for chunk in chunks:
                urgencies.append(current_urgency())
                yield chunk

    words = " ".join(["word"] * 19)
    await run(f"{words} end.", tts=Watched(word_ms=1_100))

    ahead = [Urgency.AHEAD] * 13
    assert urgencies == [Urgency.WAITED_FOR, *ahead, *[Urgency.UNHURRIED] * 6]
