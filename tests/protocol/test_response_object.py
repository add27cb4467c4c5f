import pytest

from tests.protocol.samples import FACTS, GA_RESPONSE, USAGE
from voice.protocol.items import AssistantMessage
from voice.protocol.response_object import (
    CachedTokensDetails,
    ErrorDetails,
    InputTokenDetails,
    OutputTokenDetails,
    RateLimit,
    Response,
    StatusDetails,
    Usage,
)

MODELS = {
    "RealtimeResponse": Response,
    "RealtimeResponseStatus": StatusDetails,
    "RealtimeResponseUsage": Usage,
    "RealtimeResponseUsageInputTokenDetails": InputTokenDetails,
    "CachedTokensDetails": CachedTokensDetails,
    "RealtimeResponseUsageOutputTokenDetails": OutputTokenDetails,
    "RateLimit": RateLimit,
    "RealtimeError": ErrorDetails,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_field_of_a_response_is_modelled(name):
    assert set(FACTS["objects"][name]) <= set(MODELS[name].model_fields)


def test_a_whole_response_comes_back_as_it_was_sent():
    response = Response.model_validate(GA_RESPONSE)
    assert response.to_wire() == GA_RESPONSE
    assert isinstance(response.output[0], AssistantMessage)
    assert response.usage.input_token_details.text_tokens == 7


def test_an_empty_usage_is_sent_in_full_shape():
    zeros = Usage.model_validate({}).to_wire()
    assert zeros.keys() == USAGE.keys()
    assert zeros["input_token_details"].keys() == USAGE["input_token_details"].keys()
    assert zeros["output_token_details"] == {"text_tokens": 0, "audio_tokens": 0}
    assert Usage.model_validate({"input_token_details": None}).to_wire() == zeros


def test_a_response_of_nothing_but_nulls_is_read():
    read = Response.model_validate(
        {"id": None, "output": None, "usage": {}, "status_details": None, "metadata": None}
    )
    assert (read.id, read.output, read.usage) == ("", [], Usage())


def test_a_failure_given_as_a_bare_string_is_read():
    read = Response.model_validate(
        {"status": "failed", "status_details": {"type": "failed", "error": "quota"}}
    )
    assert read.status_details.error.message == "quota"


def test_a_status_that_nobody_has_heard_of_is_read():
    assert Response.model_validate({"status": "paused"}).status == "paused"


def test_details_of_a_cancelled_response_hold_no_empty_error():
    details = StatusDetails(type="cancelled", reason="turn_detected")
    assert details.to_wire() == {"type": "cancelled", "reason": "turn_detected"}


def test_an_error_says_null_where_there_is_nothing_to_say():
    assert ErrorDetails(type="invalid_request_error", message="No.").to_wire() == {
        "type": "invalid_request_error",
        "code": None,
        "message": "No.",
        "param": None,
        "event_id": None,
    }
