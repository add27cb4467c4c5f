"""The README's table of endpoints: ``python -m voice.protocol.place_table`` prints it."""

from voice.protocol.known_place import KnownPlace
from voice.protocol.known_places import KNOWN_PLACES

_HEAD = (
    "| endpoint | `preset` | address | key | dialect | what is different | limit | tried |\n"
    "|---|---|---|---|---|---|---|---|"
)


def markdown() -> str:
    """Return the table as the README shows it."""
    lines = [_HEAD]
    for place in KNOWN_PLACES:
        lines.append(
            f"| {place.name} | `{place.preset}` | `{_address(place)}` | {_key(place)} "
            f"| {place.dialect.value if place.dialect else 'either'} | {_differences(place)} "
            f"| {_limit(place)} | {place.tried.value} |"
        )
    return "\n".join(lines)


def _address(place: KnownPlace) -> str:
    query = [f"{name}={value}" for name, value in place.query]
    if place.model_parameter is not None:
        query.insert(0, f"{place.model_parameter}=…")
    return f"{place.url}?{'&'.join(query)}" if query else place.url


def _key(place: KnownPlace) -> str:
    return place.key_scheme if place.key_header == "Authorization" else f"`{place.key_header}`"


def _differences(place: KnownPlace) -> str:
    can = place.capabilities
    missing = [
        name
        for name, has in (
            ("`truncate`", can.can_truncate),
            ("`retrieve`", can.can_retrieve),
            ("`cancel`", can.can_cancel),
            ("`response.done` after a cancel", can.done_after_cancel),
            ("an object as `tool_choice`", can.tool_choice_object_ok),
        )
        if not has
    ]
    said = [f"no {', '.join(missing)}"] if missing else []
    if can.unsent_session_fields:
        # Both formats are one word.
        names = dict.fromkeys(path.rpartition(".")[2] for path in can.unsent_session_fields)
        said.append(f"{', '.join(f'`{name}`' for name in names)} cannot be set")
    if can.input_format.rate_hz != can.output_format.rate_hz:
        kind = "WAV" if can.pcm_name_beta == "wav" else "PCM"
        said.append(f"hears {kind} at {can.input_format.rate_hz // 1000} kHz")
    if can.nests_tools:
        said.append("tools as in Chat Completions")
    if can.model_in_session:
        said.append("the model is in the session")
    if can.needs_create_response_flag:
        said.append("answers only where `create_response` is sent")
    if place.remarks:
        said.append(place.remarks)
    return "; ".join(said)


def _limit(place: KnownPlace) -> str:
    can = place.capabilities
    limits = []
    if can.session_limit_s is not None:
        limits.append(f"{can.session_limit_s // 60} min")
    if can.idle_limit_s is not None:
        limits.append(f"{can.idle_limit_s // 60} min idle")
    return ", ".join(limits)


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown() + "\n")
