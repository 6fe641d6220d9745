PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
PYTEST := $(BIN)/python -m pytest -q -n 2
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: setup demo test check lint bench crash
setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) -e '.[dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/python scripts/train.py -m experiment=demo selection=hard,p hydra.sweep.dir=outputs/demo/$$(date +%Y-%m-%d_%H-%M-%S)

lint: $(INSTALLED)
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

test: $(INSTALLED)  # three minutes; the slower checks are below
	$(PYTEST) --dist loadfile

check: check-planted check-processes  # what .ci/run also calls

# check-planted: every method finds planted interests; check-processes: launchers, torchrun, kills
check-%: $(INSTALLED)
	$(PYTEST) --dist load -m $*

KILLS ?= 50
crash: $(INSTALLED)  # ten minutes: programs killed at random moments, and a full disk
	$(BIN)/python -m tests.crash --kills $(KILLS)

check-cluster: $(INSTALLED)  # minutes: Ray and submitit, which it installs
	$(INSTALL) -e '.[ray,submitit]'
	$(BIN)/python -m pytest -q -m cluster

check-browser: $(INSTALLED)  # the report in Chromium
	$(BIN)/python -m pytest -q -rs tests/results/browser

bench: $(INSTALLED)
	$(BIN)/python scripts/bench.py
