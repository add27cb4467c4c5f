"""Tools that an assistant can call; knows nothing of voice.

A tool is a typed function with a docstring (``tools/README.md``)::

    from tools import tool

    @tool(examples=["roll (a|the) die", "roll a die with {sides} sides"])
    def roll_die(sides: int = 6) -> str:
        return f"You rolled {random.randint(1, sides)}."
"""

from tools.consent import Consent
from tools.context import InMemoryVolume, ToolContext, VolumeControl
from tools.definition import Tool, ToolSpec, tool
from tools.discovery import Discovered, discover
from tools.errors import DuplicateToolError, ToolDefinitionError, ToolError, ToolSetupError
from tools.outcome import ToolOutcome
from tools.registry import Registry

__all__ = [
    "Consent",
    "Discovered",
    "DuplicateToolError",
    "InMemoryVolume",
    "Registry",
    "Tool",
    "ToolContext",
    "ToolDefinitionError",
    "ToolError",
    "ToolOutcome",
    "ToolSetupError",
    "ToolSpec",
    "VolumeControl",
    "discover",
    "tool",
]
