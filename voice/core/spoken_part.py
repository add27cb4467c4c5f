"""When the words of one spoken item sound, for truncation."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.core.server_messages import TimedText


@dataclass(slots=True)
class SpokenPart:
    """The words of a spoken item in order, and how much audio of it was sent."""

    words: list[TimedText] = field(default_factory=list)
    audio_bytes: int = 0

    def heard_text(self, audio_end_ms: int) -> str:
        """Return the text whose sound lies wholly before ``audio_end_ms``."""
        heard = []
        for word in self.words:
            if word.end_ms > audio_end_ms:
                break
            heard.append(word.text)
        return "".join(heard)
