"""The ``@tool`` decorator: an ordinary typed function becomes something a model can call."""

from __future__ import annotations

import copy
import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, ParamSpec, TypeVar, get_args, overload

from tools.context import ToolContext
from tools.docstring import read_docstring
from tools.errors import ToolDefinitionError
from tools.examples import check_examples
from tools.schema import JsonSchema, Signature, read_signature
from tools.summary import check_summary, humanised, summarise

P = ParamSpec("P")
R = TypeVar("R")
StartHook = Callable[[ToolContext], None]
Effect = Literal["read", "reversible", "irreversible"]
Companions = Literal["background", "irreversible"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_TIMEOUT_S = 3600.0
_TIMEOUT_S = 10.0
_BACKGROUND_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a brain or an endpoint is told about a tool.

    ``parameters`` is a JSON schema of an object. ``examples`` are sentences in the language of
    ``tools.examples``, whose ``{slot}`` names are parameter names. ``speak`` says whether a result
    wants an answer, ``cancel_on_interrupt`` whether a barge-in ends the call, ``effect`` what it
    does to the world.
    """

    name: str
    description: str
    parameters: JsonSchema
    examples: tuple[str, ...] = ()
    speak: bool = True
    cancel_on_interrupt: bool = False
    effect: Effect = "reversible"


@dataclass(frozen=True, slots=True)
class _Options:
    """What stood in the decorator's brackets."""

    name: str | None
    description: str | None
    examples: Sequence[str]
    timeout_s: float
    heavy: bool
    speak: bool
    cancel_on_interrupt: bool
    background: bool
    effect: Effect
    summary: str | None
    only_with: Companions | None
    opt_in: bool


class Tool(Generic[P, R]):
    """A function with everything that a registry needs to offer and run it.

    Calling it calls the function, so that a tool is tested like any function.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        spec: ToolSpec,
        signature: Signature,
        timeout_s: float,
        heavy: bool,
        background: bool = False,
        summary: str | None = None,
        only_with: Companions | None = None,
        opt_in: bool = False,
    ) -> None:
        """Join the parts; ``@tool`` builds them."""
        self.function = function
        self.signature = signature
        self.timeout_s = timeout_s
        self.heavy = heavy
        self.background = background
        self.only_with = only_with
        self.opt_in = opt_in
        self._summary = summary
        self.is_async = inspect.iscoroutinefunction(function)
        self.start_hooks: list[StartHook] = []
        self.begin_hook: StartHook | None = None
        self._spec = spec
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself, without checks, deadline or rendering."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Tool {self.name}>"

    @property
    def name(self) -> str:
        """The name that a model calls."""
        return self._spec.name

    @property
    def spec(self) -> ToolSpec:
        """What a model is told; a copy, the caller may change its schema."""
        return ToolSpec(
            self._spec.name,
            self._spec.description,
            copy.deepcopy(self._spec.parameters),
            self._spec.examples,
            self._spec.speak,
            self._spec.cancel_on_interrupt,
            self._spec.effect,
        )

    @property
    def speak(self) -> bool:
        """Whether a result wants an answer."""
        return self._spec.speak

    @property
    def effect(self) -> Effect:
        """What a call does to the world."""
        return self._spec.effect

    @property
    def has_summary(self) -> bool:
        """Whether its author wrote the words for the question before a call."""
        return self._summary is not None

    def summary(self, arguments: Mapping[str, Any]) -> str:
        """Say in some words what a call would do: "send 50 euros to Anna"."""
        return summarise(self.name, self._summary, self._filled(arguments))

    def _filled(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Add the defaults, which a call may leave out and its summary may name."""
        defaults = {
            name: field.default
            for key, name in self.signature.fields.items()
            if not (field := self.signature.model.model_fields[key]).is_required()
        }
        return {**defaults, **arguments} if self._summary else dict(arguments)

    def on_start(self, hook: StartHook) -> StartHook:
        """Run ``hook(context)`` in a thread when a registry with this tool starts.

        The place to take up again what a tool kept on disk. A decorator::

            @set_timer.on_start
            def rearm(context: ToolContext) -> None: ...
        """
        self.start_hooks.append(hook)
        return hook

    def on_begin(self, hook: StartHook) -> StartHook:
        """Run ``hook(context)`` in a thread before a call in the background is begun.

        The ToolError that it raises is the call's answer at once: a key that is missing is not
        told minutes later. A decorator like ``on_start``.
        """
        self.begin_hook = hook
        return hook


@overload
def tool(function: Callable[P, R], /) -> Tool[P, R]: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    examples: Sequence[str] = (),
    timeout_s: float | None = None,
    heavy: bool = False,
    speak: bool = True,
    cancel_on_interrupt: bool = False,
    background: bool = False,
    effect: Effect = "reversible",
    summary: str | None = None,
    only_with: Companions | None = None,
    opt_in: bool = False,
) -> Callable[[Callable[P, R]], Tool[P, R]]: ...


def tool(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    examples: Sequence[str] = (),
    timeout_s: float | None = None,
    heavy: bool = False,
    speak: bool = True,
    cancel_on_interrupt: bool = False,
    background: bool = False,
    effect: Effect = "reversible",
    summary: str | None = None,
    only_with: Companions | None = None,
    opt_in: bool = False,
) -> Tool[P, R] | Callable[[Callable[P, R]], Tool[P, R]]:
    """Make a tool of a function; used as ``@tool`` or ``@tool(...)``.

    The name is the function's, description and parameter descriptions come from its Google-style
    docstring, the schema from its hints. A parameter annotated ``ToolContext`` is filled by the
    registry. A plain function runs in a thread; an ``async`` one on an event loop that all async
    tools share, and should not block it; ``heavy=True`` runs a function that computes long in a
    process of its own. ``timeout_s`` bounds a call: 10 s, or 600 s with ``background=True``, where
    a call is answered at once and its result announced when it is there. With ``speak=False`` a
    result needs no spoken answer.

    ``effect`` says what a call does: ``read`` changes nothing; ``irreversible`` is done only after
    the user's own yes to "Shall I …?", filled with ``summary``, words with ``{parameter}`` in them;
    ``reversible`` is everything between, best with a step for ``ToolContext.undoable``.
    ``only_with`` offers the tool only beside others of that kind, ``opt_in`` only where a person
    turned it on by name.

    Raises ToolDefinitionError for a function that no model could call.
    """
    options = _Options(
        name=name,
        description=description,
        examples=examples,
        timeout_s=timeout_s
        if timeout_s is not None
        else (_BACKGROUND_TIMEOUT_S if background else _TIMEOUT_S),
        heavy=heavy,
        speak=speak,
        cancel_on_interrupt=cancel_on_interrupt,
        background=background,
        effect=effect,
        summary=summary,
        only_with=only_with,
        opt_in=opt_in,
    )
    if function is None:
        return lambda decorated: _build(decorated, options)
    return _build(function, options)


def _build(function: Callable[P, R], options: _Options) -> Tool[P, R]:
    docstring = read_docstring(getattr(function, "__doc__", None))
    name = str(options.name or getattr(function, "__name__", ""))
    _check(function, name, options)
    signature = read_signature(function, name, docstring.parameters)
    if options.heavy and signature.context_parameter is not None:
        raise ToolDefinitionError(
            f"tool {name!r}: a heavy tool runs in another process and has no ToolContext; "
            "drop the parameter or heavy=True"
        )
    check_examples(name, options.examples, signature.schema["properties"])
    check_summary(name, options.summary, signature.schema["properties"])
    spec = ToolSpec(
        name=name,
        description=options.description
        or docstring.description
        or f"{humanised(name, capital=True)}.",
        parameters=signature.schema,
        examples=tuple(options.examples),
        speak=options.speak,
        cancel_on_interrupt=options.cancel_on_interrupt,
        effect=options.effect,
    )
    return Tool(
        function,
        spec=spec,
        signature=signature,
        timeout_s=options.timeout_s,
        heavy=options.heavy,
        background=options.background,
        summary=options.summary,
        only_with=options.only_with,
        opt_in=options.opt_in,
    )


def _check(function: Callable[..., Any], name: str, options: _Options) -> None:
    if not inspect.isfunction(function):
        raise ToolDefinitionError(f"@tool expects a function, not {type(function).__name__}")
    if not _NAME.fullmatch(name):
        raise ToolDefinitionError(
            f"a tool's name is 1 to 64 letters, digits, '_' or '-'; this one is {name!r}"
        )
    if not 0 < options.timeout_s <= _MAX_TIMEOUT_S:
        raise ToolDefinitionError(
            f"tool {name!r}: timeout_s is above 0 and at most {_MAX_TIMEOUT_S:.0f}, "
            f"not {options.timeout_s}"
        )
    if options.effect not in get_args(Effect):
        raise ToolDefinitionError(
            f"tool {name!r}: effect is one of {', '.join(get_args(Effect))}, not {options.effect!r}"
        )
    if isinstance(options.examples, str):
        raise ToolDefinitionError(f"tool {name!r}: examples is a list of sentences, not one text")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ToolDefinitionError(f"tool {name!r} yields; a tool returns one result")
    if options.heavy and inspect.iscoroutinefunction(function):
        raise ToolDefinitionError(f"tool {name!r}: a heavy tool is a plain function, not async")
    if options.heavy and "<locals>" in function.__qualname__:
        raise ToolDefinitionError(
            f"tool {name!r}: a heavy tool is imported by another process; "
            "define it at the top of a module"
        )
