"""Typed reads of the server's session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voice.core.turns import TurnRules
from voice.protocol.formats import AudioFormat
from voice.protocol.turn_causes import TURN_CAUSES_KEY


@dataclass(frozen=True, slots=True)
class SessionView:
    """Typed reads of an effective session."""

    session: Mapping[str, Any]

    @property
    def input_format(self) -> AudioFormat:
        """The wire format of appended audio."""
        return AudioFormat.from_ga(self.session["audio"]["input"]["format"])

    @property
    def output_format(self) -> AudioFormat:
        """The wire format of spoken answers."""
        return AudioFormat.from_ga(self.session["audio"]["output"]["format"])

    @property
    def turn_detection(self) -> Mapping[str, Any] | None:
        """The whole turn detection block, or None for manual turns."""
        block: Mapping[str, Any] | None = self.session["audio"]["input"]["turn_detection"]
        return block

    @property
    def turn_rules(self) -> TurnRules | None:
        """How a turn ends, or None for manual turns."""
        block = self.turn_detection
        if block is None:
            return None
        if block["type"] == "semantic_vad":
            return TurnRules.semantic_vad(block["eagerness"])
        return TurnRules.server_vad(
            threshold=block["threshold"],
            prefix_padding_ms=block["prefix_padding_ms"],
            silence_duration_ms=block["silence_duration_ms"],
        )

    @property
    def transcription(self) -> Mapping[str, Any] | None:
        """The transcription block; None where the client wants no transcription events."""
        block: Mapping[str, Any] | None = self.session["audio"]["input"]["transcription"]
        return block

    @property
    def only_transcribes(self) -> bool:
        """Whether the session makes no responses at all."""
        return bool(self.session["type"] == "transcription")

    @property
    def answers_turns(self) -> bool:
        """Whether a turn that the detector ended gets a response unasked."""
        return self._turn_flag("create_response")

    @property
    def interrupts_answers(self) -> bool:
        """Whether speech over an answer ends it."""
        return self._turn_flag("interrupt_response")

    @property
    def reads_causes(self) -> bool:
        """Whether the client reads why a turn ended."""
        return bool(self.session.get(TURN_CAUSES_KEY))

    @property
    def idle_timeout_ms(self) -> int | None:
        """The silence after which the server speaks first, or None for never."""
        block = self.turn_detection
        if block is None or self.only_transcribes:
            return None
        timeout_ms: int | None = block.get("idle_timeout_ms")
        return timeout_ms

    def _turn_flag(self, name: str) -> bool:
        block = self.turn_detection
        return block is not None and not self.only_transcribes and bool(block[name])
