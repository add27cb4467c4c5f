"""Imports a plugin file under a name of its own, and finds the tools in a module."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.definition import Tool


def load_file(path: Path) -> ModuleType:
    """Import one ``.py`` file, isolated from other files of the same name.

    The module stays in ``sys.modules`` (type hints and dataclasses look themselves up there); a
    failed import leaves nothing behind. Raises whatever the file raises.
    """
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"tool_plugin_{path.stem}_{digest}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def tools_in(module: ModuleType) -> list[Tool[..., Any]]:
    """Return the tools that a module holds, in the order of their definition, each once."""
    found: dict[int, Tool[..., Any]] = {}
    for value in vars(module).values():
        if isinstance(value, Tool):
            found.setdefault(id(value), value)
    return list(found.values())
