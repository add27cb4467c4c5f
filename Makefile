# demo, test, check, run and the measurements. Each makes the environment that it needs: .venv, with
# the versions of constraints.txt. `make PYTHON=/path/to/python3.12 …` chooses the interpreter,
# `make test ARGS="-k words"` passes arguments on.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
JOBS ?= 2

# The first interpreter that runs and is new enough; the plain name where there is none, so that
# the message comes from the script.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$python; exit; }; done; echo python3)

MAKE_ENVIRONMENT := $(PYTHON) scripts/make_environment.py
INPUTS := pyproject.toml constraints.txt scripts/make_environment.py

.PHONY: help demo run test test-interop test-foreign test-mcp autobahn canary check size walk fuzz-server soak-server chaos bench-turn bench-server bench-wire bench-rollover bench-tools bench-echo bench-hands-free bench-truncation bench-turn-taking bench-understanding bench-import screenshots clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo        a recorded voice asks two questions and is answered'
	@echo 'make run         talk to it: voice talk (needs a sound card)'
	@echo 'make test        all tests               make check       ruff and mypy'
	@echo 'make test-interop  other people'"'"'s clients against voice serve'
	@echo 'make test-foreign  our client against other people'"'"'s servers'
	@echo 'make test-mcp    the tools of other people'"'"'s MCP servers, by voice'
	@echo 'make autobahn    WebSocket conformance of the listener'
	@echo 'make size        disk taken by a default install, heaviest packages first'
	@echo 'make canary      all tests at DEBUG with a canary key, all output searched'
	@echo 'make walk        100,000 random steps of the core'
	@echo 'make fuzz-server  1,000,000 mutated events against the server'
	@echo 'make soak-server  2,000 sessions in turn, and what they leave behind'
	@echo 'make chaos       breaks everything, 20 times, and prints what came back'
	@echo 'make bench-turn  how soon it answers     make bench-wire  CPU per audio message'
	@echo 'make bench-server  how many can talk to one server at once'
	@echo 'make bench-hands-free  echo, interruptions and "mm-hm" on a virtual sound card'
	@echo 'make bench-echo  the same in simulated rooms, in half a minute'
	@echo 'make bench-truncation  what was heard, against what the speaker let out'
	@echo 'make bench-turn-taking  how often it cuts somebody off, how long it waits'
	@echo 'make bench-understanding  a hundred spoken wishes, offline'
	@echo 'make bench-rollover  sessions renewed while somebody talks'
	@echo 'make bench-tools  how late the sound is beside bad tools'
	@echo 'make screenshots  draws the pictures of voice talk anew'
	@echo 'make bench-import  CPU to import voice   make clean       remove what make made'

# Each stamp says what the environment holds; a larger one implies the smaller ones.
$(VENV)/.default: $(INPUTS)
	@$(MAKE_ENVIRONMENT)
	@touch $@

$(VENV)/.test: $(INPUTS)
	@$(MAKE_ENVIRONMENT) --extra test
	@touch $@ $(VENV)/.default

$(VENV)/.dev: $(INPUTS)
	@$(MAKE_ENVIRONMENT) --extra dev
	@touch $@ $(VENV)/.test $(VENV)/.default

demo: $(VENV)/.default
	@$(BIN)/voice demo $(ARGS)

run: $(VENV)/.default
	@$(BIN)/voice talk $(ARGS)

# Most tests wait for real sockets and engines, so two at a time take half as long; sound cards want
# the machine for themselves. Status 5 means that ARGS chose no test of one of the two kinds.
test: $(VENV)/.test
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m 'not device' $(ARGS) || test $$? = 5
	@$(BIN)/python -m pytest -m device $(ARGS) || test $$? = 5

# Each client in an environment of its own under build/interop, made at the first run.
test-interop: $(VENV)/.test
	@$(BIN)/python tests/interop/make_environments.py
	@$(BIN)/python -m pytest tests/interop $(ARGS)

# Other people's servers, in environments of their own under build/foreign and build/gateway.
test-foreign: $(VENV)/.test
	@$(BIN)/python tests/interop/make_environments.py --of foreign
	@$(BIN)/python tests/interop/make_environments.py --of gateway
	@$(BIN)/python -m pytest tests/foreign tests/gateway $(ARGS)

test-mcp: $(VENV)/.test
	@$(BIN)/python tests/interop/make_environments.py --of mcp
	@$(BIN)/python -m pytest tests/mcp $(ARGS)

autobahn: $(VENV)/.default
	@$(BIN)/python -m tests.interop.autobahn.run $(ARGS)

canary: $(VENV)/.test
	@$(BIN)/python -m pytest -p tests.canary $(ARGS)

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo 'mend with: $(BIN)/ruff format .'; exit 1; }
	@$(BIN)/mypy

size:
	@rm -rf build/size
	@$(MAKE_ENVIRONMENT) --venv build/size --copy
	@build/size/bin/python benchmarks/size.py $(ARGS)
	@rm -rf build/size

walk: $(VENV)/.default
	@$(BIN)/python -m voice.testing.walk $(ARGS)

fuzz-server: $(VENV)/.test
	@$(BIN)/python -m tests.fuzz.server $(ARGS)

soak-server: $(VENV)/.test
	@$(BIN)/python -m tests.server.soak $(ARGS)

chaos: $(VENV)/.test
	@$(BIN)/python -m tests.chaos $(ARGS)

bench-turn: $(VENV)/.default
	@$(BIN)/python -m benchmarks.turn $(ARGS)

bench-server: $(VENV)/.default
	@$(BIN)/python -m benchmarks.server $(ARGS)

bench-wire: $(VENV)/.default
	@$(BIN)/python -m benchmarks.wire $(ARGS)

bench-rollover: $(VENV)/.default
	@$(BIN)/python -m benchmarks.rollover $(ARGS)

bench-tools: $(VENV)/.default
	@$(BIN)/python -m benchmarks.tool_ticks $(ARGS)

bench-echo: $(VENV)/.default
	@$(BIN)/python -m benchmarks.echo $(ARGS)

# These two need jackd, for a virtual sound card.
bench-hands-free: $(VENV)/.test
	@$(BIN)/python -m benchmarks.hands_free $(ARGS)

bench-truncation: $(VENV)/.test
	@$(BIN)/python -m benchmarks.truncation $(ARGS)

screenshots: $(VENV)/.test
	@$(BIN)/python -m tests.ui.live.screenshots $(ARGS)

bench-turn-taking: $(VENV)/.default
	@$(BIN)/python -m benchmarks.turn_taking $(ARGS)

bench-understanding: $(VENV)/.default
	@$(BIN)/python -m benchmarks.understanding $(ARGS)

bench-import: $(VENV)/.default
	@$(BIN)/python -m benchmarks.import_time $(ARGS)

clean:
	rm -rf $(VENV) build dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
