"""Text and sound of an answer side by side: how far the one runs ahead of the other."""

import pytest

from voice.core import server_messages as msg
from voice.engines.ports import SpeechChunk, SpokenWord
from voice.engines.scripted import ScriptedTts
from voice.protocol.formats import PCM16, PCMU
from voice.server.mouth import DELTA_MS, TEXT_LEAD_MS, Mouth
from voice.server.speakable import SpeakableSplitter

LONG = " ".join(f"word{number}" for number in range(50)) + "."


class OneBreath(ScriptedTts):
    """Makes a whole piece at once, as a synthesiser of sentences does."""

    async def speak(self, text, *, voice=None, speed=1.0):
        chunks = [chunk async for chunk in super().speak(text, voice=voice, speed=speed)]
        words = tuple(word for chunk in chunks for word in chunk.words)
        yield SpeechChunk(chunks[0].pcm.repeat(len(chunks)), words)


def pieces(text):
    splitter = SpeakableSplitter()
    return [*splitter.feed(text), *splitter.finish()]


async def spoken(text, tts, audio_format=PCM16):
    fed = []
    mouth = Mouth(msg.StartResponse("resp", None, audio_format), audio_format, tts, fed.append)
    for piece in pieces(text):
        await mouth.say(piece)
    return fed


def leads(fed, audio_format, word_ms):
    """Return, for each text fed, how far it reaches beyond the audio sent before it, in ms."""
    sent_bytes = said_ms = 0
    for step in fed:
        if isinstance(step, msg.SpeechMade):
            sent_bytes += len(step.audio)
        else:
            said_ms += word_ms * len(step.text.split())
            yield said_ms - audio_format.bytes_to_ms(sent_bytes)


@pytest.mark.parametrize("audio_format", [PCM16, PCMU])
async def test_text_is_never_far_ahead_of_a_long_sentence(audio_format):
    fed = await spoken(LONG, OneBreath(word_ms=300), audio_format)
    ahead = list(leads(fed, audio_format, 300))
    assert max(ahead) <= TEXT_LEAD_MS + 300
    assert len(ahead) > 10


async def test_text_comes_before_its_sound_and_none_is_lost():
    fed = await spoken(f"Well, yes. {LONG}", OneBreath(word_ms=300))
    assert isinstance(fed[0], msg.SpeechBegun)
    assert "".join(s.text for s in fed if isinstance(s, msg.SpeechBegun)) == f"Well, yes. {LONG}"
    assert min(leads(fed, PCM16, 300)) > 0
    told_ms = sent_ms = 0
    for step in fed:
        if isinstance(step, msg.SpeechBegun):
            told_ms += 300 * len(step.text.split())
        else:
            sent_ms += PCM16.bytes_to_ms(len(step.audio))
            assert told_ms >= sent_ms


async def test_few_events_carry_the_text():
    fed = await spoken(LONG, OneBreath(word_ms=300))
    texts = sum(isinstance(step, msg.SpeechBegun) for step in fed)
    assert texts <= 50 * 300 // (TEXT_LEAD_MS - DELTA_MS) + 1


async def test_a_word_is_never_told_to_end_before_it_does():
    class Odd(ScriptedTts):
        """Chunks whose length is no whole number of milliseconds."""

        async def speak(self, text, *, voice=None, speed=1.0):
            for index, word in enumerate(text.split(), start=1):
                end_ms = -(-index * 1_111 * 1_000 // self.rate_hz)
                yield SpeechChunk(self._tone[:1_111], (SpokenWord(word, end_ms),))

    fed = await spoken("One two three. Four five six. Seven eight.", Odd(rate_hz=22_050))
    ends = [word.end_ms for step in fed for word in getattr(step, "words", ())]
    truth = [1_111 * 1_000 * count / 22_050 for count in range(1, 9)]
    assert all(0 <= end - true < 2 for end, true in zip(ends, truth, strict=True))
