# The two commands: `make run` and `make test`. Everything they need goes into .venv, everything they write into var/.

PYTHON ?= python3
BIN := .venv/bin
CATALOG ?=
EXAMPLE ?= sandbox
ASKED := $(or $(CATALOG),examples/$(EXAMPLE)/readiness.yaml)
CADENCES ?= $(shell grep -qs 'every: pulse' $(ASKED) && echo pulse) hourly daily weekly
# How long a pulse looks here; in earnest it is five minutes.
PULSE ?= 12s
# Where `make serve` has Prefect's pages.
PORT ?= 4200
RUN = $(BIN)/readiness run $(CADENCES) $(if $(filter pulse,$(CADENCES)),--for $(PULSE)) --catalog $(ASKED)

.PHONY: run serve test peers lint lock clean

# Run the cadences once each: on the sandbox system, on one of the examples with `make run EXAMPLE=service-scorecard`, or
# on your own with `make run CATALOG=path/readiness.yaml`. Each is a system of its own, and so has a home of its own
# within var/ (yours is var/own, unless READINESS_HOME says otherwise); its newest pages go to var/reports/.
run: .venv/installed
ifeq ($(CATALOG),)
	@$(if $(filter-out sandbox,$(EXAMPLE)),READINESS_HOME=var/$(EXAMPLE) READINESS_PAGES=var/reports) \
	  $(BIN)/python -m examples.sandbox run --folder var/sandbox -- $(RUN)
else
	@READINESS_HOME=$${READINESS_HOME:-var/own} READINESS_PAGES=$${READINESS_PAGES:-var/reports} $(RUN)
endif

# Serve the schedules until Ctrl-C: Prefect's server, its pages at PORT, and a worker; of the sandbox, of an example or of
# your own catalogue, in the same homes.
serve: .venv/installed
ifeq ($(CATALOG),)
	@$(if $(filter-out sandbox,$(EXAMPLE)),READINESS_HOME=var/$(EXAMPLE) READINESS_PAGES=var/reports) \
	  $(BIN)/python -m examples.sandbox run --folder var/sandbox -- $(BIN)/readiness serve --port $(PORT) --catalog $(ASKED)
else
	@READINESS_HOME=$${READINESS_HOME:-var/own} READINESS_PAGES=$${READINESS_PAGES:-var/reports} \
	  $(BIN)/readiness serve --port $(PORT) --catalog $(ASKED)
endif

# Bytecode is kept, whatever the environment says: every worker, and every program that a test starts, would compile
# all of the product again.
test: .venv/installed
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

# What the engine is held against in tests and benchmarks, in an environment of its own; without it those tests are skipped.
peers: .peers/installed

.peers/installed: benchmarks/requirements.lock
	@test -x .peers/bin/python || $(PYTHON) -m venv .peers
	@.peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Everything is installed by hash, and nothing is resolved: the lock is complete, and pip would look past its pins for
# packages that are asked for with extras.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 …" >&2; exit 2; }
	@echo "Installing into .venv (a minute or two, once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Resolve the newest versions that pyproject.toml allows.
lock:
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra sandbox --extra s3 --extra fleet --extra dev pyproject.toml --output-file requirements.lock --quiet
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  benchmarks/requirements.txt --output-file benchmarks/requirements.lock --quiet

clean:
	rm -rf .venv .peers var
