"""How much of one spoken part a person has heard: the word that speaker and core share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeardPart:
    """Heard time of one audio content part.

    ``heard_ms`` is in milliseconds from the part's first sample, floored to whole milliseconds by
    the speaker: only samples
    whose DAC time has passed count (DESIGN §6). 0 means that nothing of the part was heard.
    """

    item_id: str
    content_index: int
    heard_ms: int
