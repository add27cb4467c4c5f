"""A recorded conversation for the tests of this folder."""

from voice.blackbox.recorded_core import RecordedCore
from voice.blackbox.recorder import Recorder
from voice.core import client_inputs as inp
from voice.protocol.formats import PCM16
from voice.testing import events
from voice.testing.clock import SequentialIds
from voice.testing.pure_shell import PureShell


class RecordedShell(PureShell):
    """A shell whose core tells a recorder."""

    def __init__(self, recorder, **options):
        self.recorder = recorder
        super().__init__(**options)

    def _new_core(self, jitter):
        return RecordedCore(
            self._config,
            recorder=self.recorder,
            new_id=SequentialIds(),
            capabilities=self._capabilities,
            push_to_talk=self._push_to_talk,
            cancellable_tools=self._cancellable_tools,
            fallbacks=self._fallbacks,
            persistence=self._persistence,
            asks_beta=self._asks_beta,
            jitter=jitter,
        )


def loud(ms):
    return b"\x00\x40" * PCM16.ms_to_samples(ms)


def hold_conversation(path, **options):
    """Record a turn that is answered, and interrupted after 400 of 1,000 ms; return the shell."""
    recorder = Recorder(path, **options)
    shell = RecordedShell(recorder)
    shell.connect()
    shell.feed(events.speech_started("user_1"))
    for _ in range(25):
        shell.feed(inp.MicFrame(loud(20)))
        shell.advance(20)
    shell.feed(events.speech_stopped("user_1", 500))
    shell.feed(events.committed("user_1"))
    shell.feed(events.transcribed("user_1", "Tell me <a> story."))
    answer(shell)
    shell.advance(400)
    shell.feed(events.speech_started("user_2", 900))
    shell.advance(100)
    shell.feed(events.speech_stopped("user_2", 1_000))
    shell.feed(inp.UserTyped("My key is sk-abcdefghijkl."))
    shell.advance(100)
    shell.feed(inp.HangUp())
    recorder.close()
    return shell


def answer(shell):
    shell.feed(events.response_created("resp_1"))
    item = events.assistant_item("answer_1", status="in_progress")
    shell.feed(events.item_added(item))
    shell.feed(events.words("resp_1", "answer_1", "Once upon a time there was a king."))
    for _ in range(5):
        shell.feed(events.audio_delta("resp_1", "answer_1", 200))
    shell.feed(events.audio_done("resp_1", "answer_1"))
    shell.feed(events.response_done("resp_1"))
