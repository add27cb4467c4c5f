from voice.settings_tools import ToolSettings
from voice.tool_names import unknown_names

KNOWN = ["http_get", "get_time", "set_timer"]


def test_a_slip_is_told_with_its_setting_and_the_near_name() -> None:
    wanted = ToolSettings(
        enabled=("http_got",),
        disabled=("set_timer", "teleport"),
        profiles={"kiosk": {"allow": ["get_tiem", "set_timer"]}},
    )
    assert unknown_names(wanted, KNOWN) == [
        "tools.enabled: there is no tool 'http_got'; did you mean 'http_get'?",
        "tools.disabled: there is no tool 'teleport'; 'voice tools' lists them",
        "tools.profiles.kiosk.allow: there is no tool 'get_tiem'; did you mean 'get_time'?",
    ]


def test_patterns_and_tools_of_configured_servers_are_taken_as_they_are() -> None:
    wanted = ToolSettings(
        disabled=("home__open_door", "shop__buy"),
        profiles={"kiosk": {"allow": ["*", "weather_*", "home__*"]}},
        mcp={"home": {"command": ["true"]}},
    )
    assert unknown_names(wanted, KNOWN) == [
        "tools.disabled: there is no tool 'shop__buy'; 'voice tools' lists them"
    ]


def test_a_pattern_that_fits_nothing_is_told_where_it_is_asked_for() -> None:
    wanted = ToolSettings(
        disabled=("files.*", "set_*", "home__*", "*_door", "[gs]et_time"),
        mcp={"home": {"command": ["true"]}},
    )
    assert unknown_names(wanted, KNOWN) == []
    assert unknown_names(wanted, KNOWN, with_patterns=True) == [
        "tools.disabled: 'files.*' fits no tool; 'voice tools' lists their names"
    ]
