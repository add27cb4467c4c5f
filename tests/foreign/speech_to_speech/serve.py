"""The protocol server of ``speech-to-speech`` with workers of our own instead of its models.

Its router, service and event models are what clients meet, and those are its own. Its models want
torch; here ears hear loudness, the brain knows three answers, and the mouth is a tone.
``python serve.py PORT``.
"""

import math
import sys
import threading
from array import array
from dataclasses import replace
from queue import Queue

from openai.types.realtime import RealtimeConversationItemFunctionCall
from openai.types.responses import ResponseFunctionToolCall
from speech_to_speech.api.openai_realtime.pipeline_unit import PipelineUnit
from speech_to_speech.api.openai_realtime.server import RealtimeServer
from speech_to_speech.api.openai_realtime.service import RealtimeService
from speech_to_speech.LLM.chat import make_assistant_message
from speech_to_speech.pipeline.cancel_scope import CancelScope
from speech_to_speech.pipeline.control import is_control_message
from speech_to_speech.pipeline.events import (
    AssistantOutputEvent,
    AssistantResponseDoneEvent,
    ResponseGenerationDoneEvent,
    SpeechStartedEvent,
    SpeechStoppedEvent,
    TranscriptionCompletedEvent,
)
from speech_to_speech.pipeline.history import ResponseHistory
from speech_to_speech.pipeline.messages import (
    AUDIO_RESPONSE_DONE,
    AssistantTextPart,
    AssistantToolCallPart,
    AudioOutput,
    GenerateResponseRequest,
)

RATE_HZ = 16_000
LOUD = 500
STARTS_AFTER, STOPS_AFTER = 3, 20
"""Chunks of 32 ms."""

HEARD = "Hello, who is there?"


class Ears:
    """Finds turns by loudness."""

    def __init__(self, unit: PipelineUnit) -> None:
        self._unit = unit
        self._chunks = self._loud = self._quiet = self._turns = self._began = 0
        self._is_talking = False

    def run(self) -> None:
        """Listen until the process ends."""
        while True:
            item = self._unit.input_queue.get()
            if is_control_message(item):
                self.__init__(self._unit)
                self._unit.text_prompt_queue.put(item)
                continue
            self._hear(item[0])

    def _hear(self, chunk: bytes) -> None:
        samples = array("h", chunk)
        level = math.sqrt(sum(s * s for s in samples) / len(samples))
        self._chunks += 1
        is_loud = level > LOUD
        self._loud = self._loud + 1 if is_loud else 0
        self._quiet = 0 if is_loud else self._quiet + 1
        if not self._is_talking and self._loud >= STARTS_AFTER:
            self._is_talking, self._began, self._turns = True, self._chunks, self._turns + 1
            self._tell(SpeechStartedEvent, audio_start_ms=self._chunks * 32)
        elif self._is_talking and self._quiet >= STOPS_AFTER:
            self._is_talking = False
            self._tell(
                SpeechStoppedEvent,
                duration_s=(self._chunks - self._began) * 0.032,
                audio_end_ms=self._chunks * 32,
            )
            self._tell(TranscriptionCompletedEvent, transcript=HEARD)

    def _tell(self, kind: type, **fields: object) -> None:
        turn = f"turn_{self._turns}"
        self._unit.text_output_queue.put(kind(turn_id=turn, turn_revision=0, **fields))


class Brain:
    """Answers every request from what was said last."""

    def __init__(self, unit: PipelineUnit) -> None:
        self._unit = unit
        self._calls = 0

    def run(self) -> None:
        """Answer until the process ends."""
        while True:
            item = self._unit.text_prompt_queue.get()
            if isinstance(item, GenerateResponseRequest):
                self._answer(item)
            else:
                self._unit.output_queue.put(item)

    def _answer(self, request: GenerateResponseRequest) -> None:
        own = {
            "response_key": request.response_key,
            "cancel_generation": self._unit.cancel_scope.generation,
        }
        sound = dict(own)
        turn = {"turn_id": request.turn_id, "turn_revision": request.turn_revision}
        out, side = self._unit.output_queue, self._unit.text_output_queue
        part = self._part(request)
        calls = [part.tool.call_id] if isinstance(part, AssistantToolCallPart) else []
        own["history"] = self._history(request, part)
        out.put(AssistantOutputEvent(parts=[part], output_sequence=0, **own, **turn))
        if not calls and "audio" in self._modalities(request):
            for _ in range(10):
                out.put(AudioOutput(audio=tone(100), **sound))
        own["history"] = replace(own["history"], complete=True)
        side.put(ResponseGenerationDoneEvent(call_ids=calls, **own, **turn))
        out.put(AssistantResponseDoneEvent(**own, **turn))
        out.put(AudioOutput(audio=AUDIO_RESPONSE_DONE, **sound))

    def _part(self, request: GenerateResponseRequest) -> AssistantTextPart | AssistantToolCallPart:
        messages = request.runtime_config.chat.to_transformers_chat()
        last = messages[-1] if messages else {}
        text = str(last.get("content") or "")
        if last.get("role") == "tool":
            return AssistantTextPart(text=f"The tool says {text}.")
        if "weather" in text:
            self._calls += 1
            call = ResponseFunctionToolCall(
                type="function_call",
                call_id=f"call_{self._calls}",
                name="get_time",
                arguments='{"place": "Tokyo"}',
            )
            return AssistantToolCallPart(tool=call)
        return AssistantTextPart(text=f"I am an assistant, and this is message {len(messages)}.")

    @staticmethod
    def _history(
        request: GenerateResponseRequest, part: AssistantTextPart | AssistantToolCallPart
    ) -> ResponseHistory:
        """Return what the conversation keeps of an answer."""
        chat = request.runtime_config.chat
        if isinstance(part, AssistantTextPart):
            item = make_assistant_message(part.text)
        else:
            tool = part.tool
            item = RealtimeConversationItemFunctionCall(
                type="function_call",
                call_id=tool.call_id,
                name=tool.name,
                arguments=tool.arguments,
            )
        return ResponseHistory.capture(chat, [item], after_item_id=chat.history_anchor_id())

    @staticmethod
    def _modalities(request: GenerateResponseRequest) -> list[str]:
        own = request.response.output_modalities if request.response is not None else None
        session = request.runtime_config.session
        return own or (session.output_modalities if session else None) or ["audio"]


def tone(duration_ms: int) -> bytes:
    """Return a tone as PCM16 at the pipeline's rate."""
    count = RATE_HZ * duration_ms // 1000
    wave = (int(6_000 * math.sin(2 * math.pi * 440 * n / RATE_HZ)) for n in range(count))
    return array("h", wave).tobytes()


def main(port: int) -> None:
    """Serve two clients at once until the process ends."""
    pool = []
    for index in range(2):
        prompts: Queue = Queue()
        listen = threading.Event()
        unit = PipelineUnit(
            index=index,
            service=RealtimeService(text_prompt_queue=prompts, should_listen=listen),
            cancel_scope=CancelScope(),
            should_listen=listen,
            response_playing=threading.Event(),
            input_queue=Queue(),
            output_queue=Queue(),
            text_output_queue=Queue(),
            text_prompt_queue=prompts,
            handlers=[],
        )
        for worker in (Ears(unit), Brain(unit)):
            threading.Thread(target=worker.run, daemon=True).start()
        pool.append(unit)
    RealtimeServer(threading.Event(), pool, host="127.0.0.1", port=port).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
