"""``[audio]`` and ``[hands_free]``: the sound card, and how one talks without touching anything."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from voice.settings_sections import Device, Section, Words

HANG_UP_PHRASES = ("goodbye", "hang up", "end the conversation", "that is all")


class AudioSettings(Section):
    """``[audio]``: the sound card; devices by number or by part of the name."""

    input: Device | None = None
    output: Device | None = None
    volume: int = Field(default=100, ge=0, le=100)
    input_gain_db: float = Field(default=0.0, ge=-30.0, le=30.0)
    """Added to the microphone before anything else hears it."""
    echo: Literal["auto", "cancel", "half_duplex", "off"] = "auto"
    """``auto`` cancels, and goes over to half duplex by itself where that takes too little away;
    ``half_duplex`` hears nothing while it speaks; ``off`` is for headphones."""
    noise_suppression: bool = False
    gain_control: bool = False
    send_silence: bool = True
    """``false`` keeps silence off the wire, where the endpoint detects turns."""


class HandsFreeSettings(Section):
    """``[hands_free]``: interruptions, the talk button, wake words, the end of a conversation."""

    barge_in: Literal["two_step", "at_once", "off"] = "two_step"
    """``two_step`` falls silent at once and goes on where it was only "mm-hm" or a noise;
    ``at_once`` ends the answer at any speech; ``off`` lets it be spoken to its end."""
    push_to_talk: Literal["off", "hold", "toggle"] = "off"
    wake_words: Words = ()
    """Such as ``hey_jarvis``; until one is heard nothing leaves this machine. Empty for none."""
    wake_sensitivity: float = Field(default=0.5, gt=0.0, lt=1.0)
    """Higher wakes more easily, and more often by mistake."""
    follow_up_s: float = Field(default=8.0, ge=0.0, le=120.0)
    """How long after an answer no wake word is needed."""
    idle_s: float = Field(default=120.0, ge=0.0, le=86_400.0)
    """After so long without a word nothing is sent until somebody speaks; 0 for never."""
    hang_up: Words = HANG_UP_PHRASES
    """What ends the session when it is all that was said."""
