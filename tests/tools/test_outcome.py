from __future__ import annotations

import pytest

from tools.outcome import bounded, failed, spoken_part


def test_an_error_is_bounded() -> None:
    assert len(failed("x" * 5000).output) == 800
    assert failed("short").is_error
    assert bounded("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("output", "spoken"),
    [
        ("plain", "plain"),
        ('{"spoken":"It is noon.","hour":12}', "It is noon."),
        ('{"hour":12}', '{"hour":12}'),
        ('{"spoken":5}', '{"spoken":5}'),
        ('{"cut', '{"cut'),
    ],
)
def test_what_can_be_read_aloud_is_found(output: str, spoken: str) -> None:
    assert spoken_part(output) == spoken
