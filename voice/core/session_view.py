"""Typed reads of the server's session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voice.core.turns import TurnRules
from voice.protocol.formats import AudioFormat


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
