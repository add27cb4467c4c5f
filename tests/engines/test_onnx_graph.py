"""Graphs on onnxruntime: what is said of those that cannot be loaded."""

import sys

import numpy as np
import pytest

from tests.engines.tiny_onnx import write_model
from voice.engines.onnx_graph import load_graph
from voice.errors import EngineError


def test_a_graph_runs(tmp_path):
    graph = load_graph(
        write_model(tmp_path / "tiny.onnx", bands=4, frames=3), needed_by="the test", mend="mend it"
    )

    (found,) = graph.run(None, {"input_features": np.zeros((1, 4, 3), np.float32)})

    assert float(found) == 0.5


def test_a_missing_file_is_named_with_its_mend(tmp_path):
    with pytest.raises(EngineError, match=r"gone\.onnx is no model .*; mend it"):
        load_graph(tmp_path / "gone.onnx", needed_by="the test", mend="mend it")


def test_a_missing_library_is_named_with_who_needs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(EngineError, match="the test needs the package onnxruntime; install it"):
        load_graph(tmp_path / "any.onnx", needed_by="the test", mend="mend it")
