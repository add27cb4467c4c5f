"""Every exception of the tool package, named by whose fault it is.

::

    ToolError                   the tool's own answer "this cannot be done"; told to the model
    ArgumentsError              the model's arguments; its text lets the model repair the call
    BusyError                   too many tool calls are running; told to the model
    ToolSetupError              the tool author's or the installation's fault, found at load time
    ├── ToolDefinitionError     a function that cannot become a tool
    └── DuplicateToolError      two tools of one name
"""

from __future__ import annotations


class ToolError(Exception):
    """What a tool raises to say that it cannot do what was asked.

    The message reaches the model and the person word for word: write one natural sentence.
    """


class ArgumentsError(Exception):
    """The arguments of a call do not fit the tool; the text says how to repair them."""


class BusyError(Exception):
    """No more calls can be run now; the caller may try again later."""


class ToolSetupError(Exception):
    """A tool cannot be loaded; raised before any conversation starts."""


class ToolDefinitionError(ToolSetupError):
    """A function cannot become a tool; the message names the tool and the mend."""


class DuplicateToolError(ToolSetupError):
    """Two tools bear one name; ``sources`` says where each comes from."""

    def __init__(self, name: str, sources: tuple[str, str]) -> None:
        """Name both sources, so that the person can remove one."""
        super().__init__(
            f"two tools are called {name!r}: one from {sources[0]}, one from {sources[1]}; "
            "rename or remove one of them"
        )
        self.name = name
        self.sources = sources
