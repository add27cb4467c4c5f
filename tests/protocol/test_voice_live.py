"""What only Azure Voice Live says, in words that every server knows."""

import pytest

from voice.protocol.dialects import session_to_ga


def test_a_session_as_voice_lives_samples_send_it_is_plain_afterwards():
    azure = {
        "modalities": ["text", "audio"],
        "voice": {"type": "azure-standard", "name": "en-US-AvaNeural"},
        "input_audio_noise_reduction": {"type": "azure_deep_noise_suppression"},
        "input_audio_echo_cancellation": {"type": "server_echo_cancellation"},
        "turn_detection": {
            "type": "azure_semantic_vad_multilingual",
            "threshold": 0.3,
            "silence_duration_ms": 400,
            "remove_filler_words": False,
            "languages": ["en"],
        },
    }

    assert session_to_ga(azure) == {
        "type": "realtime",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "noise_reduction": {"type": "near_field"},
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.3,
                    "silence_duration_ms": 400,
                },
            },
            "output": {"voice": "en-US-AvaNeural"},
        },
    }


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"type": "server_vad", "end_of_utterance_detection": None}, {"type": "server_vad"}),
        ({"type": "server_vad", "treshold": 1}, {"type": "server_vad", "treshold": 1}),
        (
            {"type": "semantic_vad", "eagerness": "low"},
            {"type": "semantic_vad", "eagerness": "low"},
        ),
        ({"type": ["azure_semantic_vad"]}, {"type": ["azure_semantic_vad"]}),
        ({"type": "none"}, None),
        (None, None),
        ("server_vad", "server_vad"),
    ],
)
def test_what_is_not_azures_stays_to_be_judged(sent, kept):
    session = session_to_ga({"turn_detection": sent})

    assert session["audio"]["input"]["turn_detection"] == kept


@pytest.mark.parametrize("voice", ["alloy", None, 7, {"id": "voice_1"}, {"name": 5}])
def test_a_voice_without_a_name_is_passed_on(voice):
    assert session_to_ga({"voice": voice})["audio"]["output"]["voice"] == voice
