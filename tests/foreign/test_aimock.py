"""``aimock`` of npm: text and tools in GA; it ends a beta connection as OpenAI does, with 4000."""

from __future__ import annotations

import pytest

from tests.e2e.cli_kit import Shell
from tests.foreign.foreign_kit import Place, ask, check_reconnect, doctor, needs

pytestmark = needs("aimock")


@pytest.mark.parametrize("header", ["false", "true"])
def test_a_text_turn_and_a_tool_also_where_the_beta_header_is_refused_first(
    shell: Shell, aimock: Place, header: str
) -> None:
    place = aimock.with_(endpoint__beta_header=header)

    greeting, weather = ask(shell, place, "Hello", "How is the weather?")

    assert greeting["assistant_text"] == "Hello, I am an assistant made of fixtures."
    [tool] = weather["tools"]
    assert tool["name"] == "get_time"
    assert weather["assistant_text"] == "It is late in Tokyo."


def test_the_doctor_finds_nothing_to_mend(shell: Shell, aimock: Place) -> None:
    ran = doctor(shell, aimock)
    assert ran.status == 0, ran.out + ran.err
    assert "Traceback" not in ran.err


def test_the_doctor_names_the_beta_header_that_is_refused(shell: Shell, aimock: Place) -> None:
    ran = doctor(shell, aimock.with_(endpoint__beta_header="true"))
    assert ran.status != 0
    assert "beta_api_shape_disabled" in ran.out
    assert "beta_header" in ran.out
    assert "Traceback" not in ran.err and "exception" not in ran.err


async def test_a_connection_that_breaks_comes_back_with_the_conversation(aimock: Place) -> None:
    before, after, _ = await check_reconnect(aimock, "Hello", "Hello again")
    assert before == after == "Hello, I am an assistant made of fixtures."
