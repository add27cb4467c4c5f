"""The shell: performs actions, wakes the core in time, and is never entered twice."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from voice.client.outbox import MAX_WAITING
from voice.client.shell import Shell
from voice.client.transport import Transport
from voice.core import client_inputs as inp
from voice.core.client import ClientCore
from voice.core.updates import ConnectionLost, Phase, Update, UserSpeechStopped, WarningIssued
from voice.protocol.capabilities import Capabilities
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.clock import MovedClock, SequentialIds
from voice.testing.sound import RecordingSpeaker


class Bench:
    """A shell whose dial never ends, its speaker, and what it published."""

    def __init__(
        self, group: asyncio.TaskGroup, speaker: RecordingSpeaker, *, push_to_talk: bool
    ) -> None:
        self.updates: list[Update] = []
        self._news = asyncio.Event()
        self.closed = asyncio.Event()
        self.broke: list[Exception] = []
        self.core = ClientCore(
            SessionConfig(),
            new_id=SequentialIds(),
            capabilities=Capabilities(),
            push_to_talk=push_to_talk,
        )
        self.shell = Shell(
            self.core,
            group,
            dial=self._dial,
            new_codec=lambda index, dialect: ClientCodec(dialect),
            speaker=speaker,
            tools=None,
            publish=self._publish,
            closed=self.closed.set,
            broke=self.broke.append,
        )

    def connect(self) -> None:
        self.shell.feed(inp.Started())
        self.shell.feed(inp.LinkUp())
        self.shell.feed(events.session_created())
        self.shell.feed(events.session_updated())

    async def until(self, update: Update) -> None:
        async with asyncio.timeout(5):
            while update not in self.updates:
                self._news.clear()
                await self._news.wait()

    def _publish(self, update: Update) -> None:
        self.updates.append(update)
        self._news.set()

    async def _dial(self, index: int, dialect: Dialect | None) -> Transport:
        await asyncio.Event().wait()
        raise AssertionError


@contextlib.asynccontextmanager
async def bench(
    speaker: RecordingSpeaker | None = None, *, push_to_talk: bool = False
) -> AsyncIterator[Bench]:
    async with asyncio.TaskGroup() as group:
        speaker = speaker or RecordingSpeaker(MovedClock())
        made = Bench(group, speaker, push_to_talk=push_to_talk)
        try:
            yield made
        finally:
            made.shell.stop()


async def test_audio_that_the_network_cannot_take_is_warned_of_once() -> None:
    async with bench() as b:
        b.connect()
        for _ in range(150):
            b.shell.hear(bytes(960))
        warnings = [u.code for u in b.updates if isinstance(u, WarningIssued)]
        assert warnings == ["audio_dropped"]
        assert b.shell.dropped_audio_ms == 1_000


async def test_an_event_that_a_device_raises_inside_a_step_waits_for_its_end() -> None:
    class Eager(RecordingSpeaker):
        """Says that it has drained inside of ``play``, which a speaker should not do."""

        def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
            made.shell.feed(inp.PlaybackDrained())

    async with bench(Eager(MovedClock())) as made:
        made.connect()
        made.shell.feed(events.audio_delta("r1", "i1", 100))
        assert made.core.phase is Phase.LISTENING


async def test_a_sound_over_the_answer_pauses_the_speaker_until_the_verdict() -> None:
    clock = MovedClock()
    speaker = RecordingSpeaker(clock)
    async with bench(speaker) as b:
        b.connect()
        b.shell.feed(events.audio_delta("r1", "i1", 1_000))
        clock.advance(400)
        b.shell.feed(inp.NearSpeech())
        clock.advance(300)
        assert speaker.is_paused and speaker.heard_ms("i1", 0) == 400
        b.shell.feed(inp.NearVerdict(inp.NearKind.NOISE))
        clock.advance(300)
        assert not speaker.is_paused and speaker.heard_ms("i1", 0) == 700


async def test_the_core_is_woken_at_its_deadline() -> None:
    async with bench(push_to_talk=True) as b:
        b.connect()
        b.shell.feed(inp.UserPressed(inp.Button.TALK_DOWN))
        b.shell.feed(inp.UserPressed(inp.Button.TALK_UP))
        stopped = UserSpeechStopped("the talk key was let go")
        assert stopped not in b.updates
        # The tail after the button is the core's own deadline.
        await b.until(stopped)


async def test_a_session_that_hangs_up_before_it_dialled_is_closed_at_once() -> None:
    async with bench() as b:
        b.shell.feed(inp.HangUp())
        assert b.closed.is_set()


async def test_a_session_that_hangs_up_while_it_dials_is_closed_soon() -> None:
    async with bench() as b:
        b.shell.feed(inp.Started())
        b.shell.feed(inp.HangUp())
        await asyncio.wait_for(b.closed.wait(), 1)
    assert b.core.is_closed


async def test_an_endpoint_that_takes_nothing_for_ever_is_a_lost_link() -> None:
    async with bench() as b:
        b.connect()
        for number in range(MAX_WAITING + 1):
            b.shell.feed(inp.UserTyped(str(number)))
        assert any(isinstance(update, ConnectionLost) for update in b.updates)
        assert b.core.phase is Phase.RECONNECTING


async def test_a_bug_in_a_callback_is_handed_on() -> None:
    async with bench() as b:
        b.core.handle = None  # type: ignore[assignment,method-assign]
        b.shell.feed_safely(inp.PlaybackDrained())
    assert [type(error) for error in b.broke] == [TypeError]
