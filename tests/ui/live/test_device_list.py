"""The list says which devices are in use and which are the system's own choice."""

from textual.app import App
from textual.widgets import OptionList

from voice.ui.live.device_list import Device, DeviceList

DEVICES = [
    Device("microphone", 0, "Built-in", is_default=True),
    Device("microphone", 4, "USB\x1b[2J"),
    Device("speaker", 1, "Built-in Speaker"),
]


async def test_devices_in_use_and_defaults_are_said_in_words() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        app.push_screen(DeviceList(DEVICES, ["Built-in", ""]))
        await pilot.pause()
        found = app.screen.query_one(OptionList)
        shown = [str(found.get_option_at_index(i).prompt) for i in range(found.option_count)]

    assert shown == [
        "MICROPHONES",
        " ●  0  Built-in  (in use, the system's default)",
        "    4  USB [2J",
        "SPEAKERS",
        "    1  Built-in Speaker",
    ]


async def test_letters_move_and_enter_chooses() -> None:
    app: App[None] = App()
    chosen: list[Device | None] = []
    async with app.run_test() as pilot:
        app.push_screen(DeviceList(DEVICES, []), chosen.append)
        await pilot.press("j", "j", "k", "enter")
        await pilot.pause()

    assert chosen == [DEVICES[1]]


async def test_d_leaves_the_list() -> None:
    app: App[None] = App()
    chosen: list[Device | None] = []
    async with app.run_test() as pilot:
        app.push_screen(DeviceList(DEVICES, []), chosen.append)
        await pilot.press("d")
        await pilot.pause()

    assert chosen == [None]
