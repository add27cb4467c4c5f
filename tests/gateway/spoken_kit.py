"""Reads back what was said, by the built-in recogniser."""

from voice.audio.files import read_audio
from voice.audio.pcm import resample
from voice.audio.ports import RATE_HZ
from voice.engines.stt import MoonshineStt


async def words_in(path):
    """Return the words of a recording, in lower case and without punctuation."""
    stt = MoonshineStt(workers=1)
    try:
        text = (await stt.transcribe(resample(read_audio(path), RATE_HZ, 16_000))).text
    finally:
        stt.close()
    return plain(text)


def plain(text):
    """Return the words of a text, in lower case and without punctuation."""
    return "".join(c for c in text.lower() if c.isalnum() or c == " ")
