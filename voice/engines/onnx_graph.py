"""One graph on onnxruntime, loaded as all of ours are: one thread, no spinning, no chatter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from voice.errors import EngineError


def load_graph(path: Path, *, needed_by: str, mend: str) -> Any:
    """Return an ``onnxruntime.InferenceSession`` of a file; blocking.

    It may be shared between threads. Raises EngineError, which names what the graph is
    ``needed_by`` and the ``mend``, where the library is missing or cannot load the file.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineError(
            f"{needed_by} needs the package onnxruntime; install it with: pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads would take the cores from voice detection and synthesis.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises types of its own, all plain Exceptions
        raise EngineError(f"{path} is no model that onnxruntime can load; {mend}") from error
