"""Imports a plugin file under a name of its own, and finds the tools in a module."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tools.definition import Tool


def load_file(path: Path) -> ModuleType:
    """Import one ``.py`` file, isolated from other files of the same name.

    The module stays in ``sys.modules`` (type hints and dataclasses look themselves up there); a
    failed import leaves what was there before. Raises whatever the file raises.
    """
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"tool_plugin_{path.stem}_{digest}"
    loader = _FromSource(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


class _FromSource(SourceFileLoader):
    """Compiles the file each time: a cached copy is told apart by whole seconds and the size."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def tools_in(module: ModuleType) -> list[Tool[..., Any]]:
    """Return the tools that a module holds, in the order of their definition, each once."""
    found: dict[int, Tool[..., Any]] = {}
    for value in vars(module).values():
        if isinstance(value, Tool):
            found.setdefault(id(value), value)
    return list(found.values())
