import pytest

from voice.protocol.capabilities import (
    GATEWAY_CAPABILITIES,
    KNOWN_GATEWAYS,
    LOCAL_CAPABILITIES,
    OPENAI_CAPABILITIES,
    Capabilities,
)
from voice.protocol.dialects import BetaSpelling


def test_only_our_own_server_reads_tool_examples():
    others = [OPENAI_CAPABILITIES, GATEWAY_CAPABILITIES, *(k.capabilities for k in KNOWN_GATEWAYS)]
    assert LOCAL_CAPABILITIES.accepts_tool_examples
    assert not any(capabilities.accepts_tool_examples for capabilities in others)


def test_a_relay_is_never_sent_a_tool_choice_object():
    assert not GATEWAY_CAPABILITIES.tool_choice_object_ok
    assert not GATEWAY_CAPABILITIES.beta_spelling.tool_choice_object_ok


def test_the_beta_spelling_follows_the_capabilities():
    capabilities = Capabilities(max_output_tokens_name_beta="max_output_tokens")
    assert capabilities.beta_spelling == BetaSpelling("max_output_tokens", True)


@pytest.mark.parametrize("known", KNOWN_GATEWAYS, ids=lambda known: known.name)
def test_a_known_gateway_is_named_and_found_by_its_host(known):
    assert known.name
    assert "." in known.host_suffix
    assert not known.host_suffix.startswith(".")
