"""Two sessions and one busy engine: who asks for much waits behind who asks for little."""

import dataclasses
import threading

from tests.server.serving_kit import WAIT_S, connect, engines, server, until
from voice.engines.scripted import ScriptedTts
from voice.engines.threads import EngineThreads

MANY = 6


class OneThroat(ScriptedTts):
    """Speaks in one thread, which waits for ``gate``; ``order`` tells what was spoken when."""

    def __init__(self):
        super().__init__()
        self.threads = EngineThreads("throat")
        self.gate = threading.Event()
        self.order = []

    def depth(self):
        state = self.threads.state()
        return state.running, state.waiting

    async def speak(self, text, *, voice=None, speed=1.0):
        await self.threads.run(lambda: self.gate.wait(WAIT_S) and self.order.append(text))
        async for chunk in super().speak(text, voice=voice, speed=speed):
            yield chunk


async def test_a_session_with_many_responses_does_not_delay_the_answer_of_another():
    throat = OneThroat()
    scripted = engines(replies=["Chatty."] * MANY + ["Shy."])
    bundle = dataclasses.replace(scripted, tts=throat)
    async with (
        server(bundle) as running,
        connect(running) as chatty,
        connect(running) as shy,
    ):
        for _ in range(MANY):
            await chatty.send("response.create", response={"conversation": "none", "input": []})
        await until(lambda: throat.depth() == (1, MANY - 1))
        await shy.say("hello")
        await until(lambda: throat.depth() == (1, MANY))
        throat.gate.set()
        await shy.until("response.done")
        for _ in range(MANY):
            await chatty.until("response.done")
    throat.threads.close()

    assert throat.order.index("Shy.") <= 2
