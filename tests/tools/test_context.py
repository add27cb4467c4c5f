from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tools import InMemoryVolume, ToolContext, ToolError
from tools.testing import ManualClock, make_context


class Counter:
    def __init__(self, context: ToolContext) -> None:
        self.context = context


def test_the_folder_is_made_when_it_is_asked_for(tmp_path: Path) -> None:
    context = make_context(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()

    assert context.data_dir.is_dir()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ToolError, match="cannot keep files"):
        _ = make_context(tmp_path / "file" / "sub").data_dir


def test_now_is_in_the_persons_zone(tmp_path: Path) -> None:
    clock = ManualClock()
    context = make_context(tmp_path, clock=clock, timezone=ZoneInfo("Asia/Tokyo"))

    assert context.now().hour == 21
    assert context.now() - clock.now() == timedelta(0)


def test_a_service_is_made_once(tmp_path: Path) -> None:
    context = make_context(tmp_path)

    first = context.service(Counter)

    assert context.service(Counter) is first
    assert first.context is context
    assert context.services() == (first,)


def test_the_volume_in_memory_is_clamped() -> None:
    volume = InMemoryVolume()
    assert volume.get() == 50

    volume.set(150)
    assert volume.get() == 100
    volume.set(-1)
    assert volume.get() == 0


def test_say_reaches_the_listener(tmp_path: Path) -> None:
    heard: list[str] = []

    make_context(tmp_path, say=heard.append).say("Dinner.")

    assert heard == ["Dinner."]
