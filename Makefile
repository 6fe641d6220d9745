PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
PYTEST := $(BIN)/python -m pytest -q -n 2
PIP := -m pip --quiet --disable-pip-version-check
# only what is pinned with a hash: nothing is resolved, and nothing else is fetched to build it
PINNED := $(PIP) install --no-deps --no-build-isolation --require-hashes -r

.PHONY: setup demo test check lint audit bench crash
setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt .ci/build.txt .ci/torch_cpu.txt .ci/torch.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python $(PINNED) .ci/build.txt
	$(BIN)/python $(PINNED) .ci/torch_cpu.txt 2>/dev/null || $(BIN)/python $(PINNED) .ci/torch.txt
	$(BIN)/python $(PINNED) constraints.txt
	$(BIN)/python $(PIP) install --no-deps --no-build-isolation -e .
	$(BIN)/python $(PIP) check
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
	$(BIN)/python $(PINNED) .ci/cluster.txt
	$(BIN)/python -m pytest -q -m cluster

check-browser: $(INSTALLED)  # the report in Chromium
	$(BIN)/python -m pytest -q -rs tests/results/browser

audit: $(INSTALLED)  # known vulnerabilities of all pins; it needs a database of them
	test -x $(BIN)/audit/bin/pip-audit || $(PYTHON) -m venv $(BIN)/audit
	$(BIN)/audit/bin/python $(PINNED) .ci/audit.txt
	.ci/audit $(BIN)/audit/bin/pip-audit

bench: $(INSTALLED)
	$(BIN)/python scripts/bench.py
