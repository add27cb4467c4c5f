"""A conversation's sound card in a process of its own, whose PortAudio sees a PulseAudio lab.

PortAudio reads the environment when it is loaded, so the lab's has to be there before. Takes one
JSON object a line on standard input, answers and reports with one a line on standard output.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from voice.audio.ports import DeviceNews
from voice.audio.sound_card import SoundCard


def report(what: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"what": what, "at_s": time.monotonic(), **facts}) + "\n")
    sys.stdout.flush()


class Driver:
    """Does what the lines say and reports what the card does."""

    def __init__(self) -> None:
        self.card = SoundCard(on_news=self.news)
        self.frames: list[tuple[float, bytes, bytes]] = []
        self.has_heard = False

    def news(self, news: DeviceNews) -> None:
        report("news", **asdict(news))

    async def listen(self) -> None:
        async with aclosing(self.card.microphone.captured()) as stream:
            async for captured in stream:
                if not self.has_heard:
                    self.has_heard = True
                    report("listening")
                self.frames.append((time.monotonic(), captured.near, captured.far))

    def order(self, line: dict[str, Any]) -> None:
        match line["do"]:
            case "play":
                self.card.speaker.play(line["item"], 0, base64.b64decode(line["pcm"]))
            case "flush":
                report("flushed", parts=[asdict(part) for part in self.card.speaker.flush()])
            case "heard":
                report("heard", parts=[asdict(part) for part in self.card.speaker.heard()])
            case "switch":
                self.card.switch(**line["to"])
            case "frames":
                frames, self.frames = self.frames, []
                rows = [(s, base64.b64encode(near).decode()) for s, near, _ in frames]
                report("frames", frames=rows, rates=self.card.rates_hz)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        lines = asyncio.StreamReader(limit=1 << 24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        self.card.speaker.start(lambda: report("drained"))
        listening = asyncio.create_task(self.listen())
        while line := await lines.readline():
            self.order(json.loads(line))
        await self.card.close()
        await listening
        report("closed", mic=asdict(self.card.microphone.stats), xruns=self.card.speaker.xruns)


if __name__ == "__main__":
    asyncio.run(Driver().run())
