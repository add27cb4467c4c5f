"""The transcript: entries beside their labels, wrapped once and drawn line by line."""

from __future__ import annotations

from rich.text import Text
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from voice.ui.live.entries import Entry, Paragraph, UserEntry
from voice.ui.live.model import LiveModel
from voice.ui.live.styles import DIM, STYLES

_LABEL_WIDTH = 11
_MARGIN = 1
_WIDEST_TEXT = 100
"""Columns of text at most: longer lines are hard to read."""

_HINT = "Speak, or press t and type. The conversation appears here."


class Conversation(ScrollView):
    """Shows a model's entries; ``sync`` draws what has changed since the last call."""

    def __init__(self, model: LiveModel) -> None:
        super().__init__()
        self._model = model
        self._blocks: dict[int, tuple[Entry, int, list[Strip]]] = {}  # bounded: MAX_ENTRIES
        self._lines: list[Strip] = []
        self._width = 0

    def sync(self, now_s: float) -> None:
        """Wrap what is new or has changed, and follow the end unless somebody scrolled up."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        is_changed = width != self._width
        if is_changed:
            self._width = width
            self._blocks.clear()
        blocks: dict[int, tuple[Entry, int, list[Strip]]] = {}
        for entry in self._model.entries:
            known = self._blocks.get(id(entry))
            if known is None or known[1] != entry.version or entry.is_running:
                strips = self._wrap(entry, now_s, is_first=not blocks)
                is_changed = is_changed or known is None or known[2] != strips
                known = (entry, entry.version, strips)
            blocks[id(entry)] = known
        is_changed = is_changed or len(blocks) != len(self._blocks)
        self._blocks = blocks
        if is_changed:
            self._show()

    def _show(self) -> None:
        was_at_end = self.is_vertical_scroll_end
        lines = [strip for _, _, strips in self._blocks.values() for strip in strips]
        if not lines:
            hint = Text(" " * _MARGIN + _HINT, DIM)
            lines = [Strip(hint.render(self.app.console, end=""), hint.cell_len)]
        self._lines = lines
        self.virtual_size = Size(self._width, len(self._lines))
        if was_at_end:
            self.scroll_end(animate=False, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the strip of one visible row."""
        _, top = self.scroll_offset
        position = y + top
        if position >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        return self._lines[position].crop_extend(0, self.size.width, self.rich_style)

    def _wrap(self, entry: Entry, now_s: float, *, is_first: bool) -> list[Strip]:
        console = self.app.console
        room = max(10, min(_WIDEST_TEXT, self._width - _LABEL_WIDTH - 2 * _MARGIN))
        lines: list[Strip] = []
        if isinstance(entry, UserEntry) and not is_first:
            lines.append(Strip([]))
        for paragraph in entry.paragraphs(now_s):
            for line in _text_of(paragraph).wrap(console, room, overflow="fold"):
                label = entry.label if not lines or not lines[-1].cell_length else ""
                row = Text(" " * _MARGIN)
                row.append(label.ljust(_LABEL_WIDTH), STYLES[entry.role])
                row.append_text(line)
                row.rstrip()
                lines.append(Strip(row.render(console, end=""), row.cell_len))
        return lines


def _text_of(paragraph: Paragraph) -> Text:
    text = Text()
    for words, role in paragraph:
        text.append(words, STYLES[role])
    return text
