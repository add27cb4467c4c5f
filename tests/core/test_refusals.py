"""What a client is told when its request cannot be met."""

import pytest

from voice.core import refusals


@pytest.mark.parametrize(
    "refusal",
    [
        refusals.unknown_item("retrieve", "x" * 10_000),
        refusals.unknown_anchor("x" * 10_000),
        refusals.duplicate_item("x" * 10_000),
        refusals.unknown_reference("response.input[0].id", "x" * 10_000),
        refusals.unknown_parameter("session." + "x" * 10_000),
        refusals.invalid_value("session.include", "null", ["x" * 10_000]),
    ],
)
def test_an_error_echoes_no_more_than_a_line_of_what_was_sent(refusal):
    assert len(refusal.message) < 250
    assert len(refusal.param) < 100


def test_a_label_that_names_no_table_is_not_shown_as_one():
    message = refusals.not_hosted("session.tools[0]", ["my server", *["x" * 10_000] * 20]).message
    assert "[tools.mcp.NAME]" in message
    assert len(message) < 450


def test_short_text_is_echoed_whole():
    assert "'item_9'" in refusals.unknown_item("retrieve", "item_9").message
