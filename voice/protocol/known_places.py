"""The endpoints that are known by name.

``place_table`` makes the README's table of them. An endpoint that is not here is
a plain gateway, whose dialect is looked at.
"""

from typing import Final

from voice.protocol.hosted_places import (
    AZURE,
    AZURE_PREVIEW,
    AZURE_VOICE_LIVE,
    DEERAPI,
    GLM,
    INWORLD,
    NEW_API,
    OPENAI,
    QWEN,
    QWEN_INTL,
    STEPFUN,
    XAI,
)
from voice.protocol.self_hosted_places import (
    AIMOCK,
    LITELLM,
    LOCALAI,
    OWN,
    SPEACHES,
    SPEECH_TO_SPEECH,
    VLLM_OMNI,
)

KNOWN_PLACES: Final = (
    OWN,
    OPENAI,
    AZURE,
    AZURE_PREVIEW,
    AZURE_VOICE_LIVE,
    DEERAPI,
    NEW_API,
    LITELLM,
    SPEECH_TO_SPEECH,
    AIMOCK,
    SPEACHES,
    LOCALAI,
    VLLM_OMNI,
    QWEN,
    QWEN_INTL,
    STEPFUN,
    GLM,
    XAI,
    INWORLD,
)

PRESETS: Final = {place.preset: place for place in KNOWN_PLACES}
