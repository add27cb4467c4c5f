from voice.protocol.capabilities import (
    GATEWAY_CAPABILITIES,
    LOCAL_CAPABILITIES,
    PLAIN_CAPABILITIES,
    Capabilities,
)
from voice.protocol.dialects import BetaSpelling


def test_only_our_own_server_reads_tool_examples():
    assert LOCAL_CAPABILITIES.accepts_tool_examples
    assert not PLAIN_CAPABILITIES.accepts_tool_examples
    assert not GATEWAY_CAPABILITIES.accepts_tool_examples


def test_a_relay_is_never_sent_a_tool_choice_object():
    assert not GATEWAY_CAPABILITIES.tool_choice_object_ok
    assert not GATEWAY_CAPABILITIES.beta_spelling.tool_choice_object_ok


def test_the_beta_spelling_follows_the_capabilities():
    capabilities = Capabilities(max_output_tokens_name_beta="max_output_tokens")
    assert capabilities.beta_spelling == BetaSpelling("max_output_tokens", True)
