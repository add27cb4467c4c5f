"""The list of sound devices to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from voice.ui.live.entries import clean

Kind = Literal["microphone", "speaker"]


@dataclass(frozen=True, slots=True)
class Device:
    """One device that may be chosen; ``index`` is its number, ``name`` the driver's."""

    kind: Kind
    index: int
    name: str
    is_default: bool = False


ListDevices = Callable[[], Sequence[Device]]


class DeviceList(ModalScreen[Device | None]):
    """Asks for a microphone or a speaker; the answer is None where Escape was pressed.

    ``in_use`` holds the names of the devices that are open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,d,q", "leave", "leave"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, devices: Sequence[Device], in_use: Sequence[str]) -> None:
        super().__init__()
        self._devices = devices
        self._in_use = {name for name in in_use if name}

    def compose(self) -> ComposeResult:
        """Lay out the two lists as one."""
        options: list[Option | None] = []
        kinds: tuple[Kind, ...] = ("microphone", "speaker")
        for kind in kinds:
            options.append(Option(f"{kind.upper()}S", disabled=True))
            for number, device in enumerate(self._devices):
                if device.kind == kind:
                    options.append(Option(self._told(device), id=str(number)))
        with Vertical(id="devices"):
            yield Static("Choose with ↑ ↓ and Enter · Escape leaves everything as it is", id="how")
            yield OptionList(*options, id="list", markup=False)

    def on_mount(self) -> None:
        """Begin at the first device."""
        self.query_one("#devices").border_title = "Devices"
        found = self.query_one(OptionList)
        found.focus()
        found.action_first()

    def _told(self, device: Device) -> str:
        marks = [
            word
            for word, is_so in (
                ("in use", device.name in self._in_use),
                ("the system's default", device.is_default),
            )
            if is_so
        ]
        sign = "●" if device.name in self._in_use else " "
        extra = f"  ({', '.join(marks)})" if marks else ""
        return f" {sign} {device.index:>2}  {clean(device.name)}{extra}"

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer with the chosen device."""
        event.stop()
        if event.option.id is not None:
            self.dismiss(self._devices[int(event.option.id)])

    def action_leave(self) -> None:
        """Answer with none."""
        self.dismiss(None)

    def action_down(self) -> None:
        """Go to the next one."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """Go to the one before."""
        self.query_one(OptionList).action_cursor_up()
