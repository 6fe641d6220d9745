PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/runtime
INSTALLED := .venv/installed
PYTEST := $(BIN)/python -m pytest -q -n 2
PIP := -m pip --quiet --disable-pip-version-check
# only what is pinned with a hash: nothing is resolved, and nothing else is fetched to build it
PINNED := $(PIP) install --no-deps --no-build-isolation --require-hashes -r

DATA ?= data
NUMBER ?= 0
SEED ?= 0
FOLDER ?=

.PHONY: setup demo docs test check load lint audit bench bench-index crash baseline baseline-store properties fuzz mutants coverage
setup: $(INSTALLED)  # all that the checks need

$(RUNTIME): pyproject.toml constraints.txt .ci/build.txt .ci/torch_cpu.txt .ci/torch.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python $(PINNED) .ci/build.txt
	$(BIN)/python $(PINNED) .ci/torch_cpu.txt 2>/dev/null || $(BIN)/python $(PINNED) .ci/torch.txt
	$(BIN)/python $(PINNED) constraints.txt
	$(BIN)/python $(PIP) install --no-deps --no-build-isolation -e .
	$(BIN)/python $(PIP) check
	touch $@

$(INSTALLED): $(RUNTIME) .ci/dev.txt
	$(BIN)/python $(PINNED) .ci/dev.txt
	$(BIN)/python $(PIP) check
	touch $@

demo: $(RUNTIME)  # four minutes in a fresh clone: it installs, downloads, trains twice
	$(BIN)/bam train -m experiment=demo selection=hard,p hydra.sweep.dir=outputs/demo/$$(date +%Y-%m-%d_%H-%M-%S)

docs: $(INSTALLED)  # the site, in site/: open site/index.html
	$(BIN)/python docs/options.py
	$(BIN)/python docs/methods.py
	$(BIN)/python docs/results/write.py
	$(BIN)/python -m bam board --to docs/results/board
	$(BIN)/python docs/cards.py
	$(BIN)/mkdocs build --quiet

lint: $(INSTALLED)
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

test: $(INSTALLED)  # about 13 minutes on two cores; the slower checks are below
	$(PYTEST) --dist loadfile

contracts: $(INSTALLED)  # the rules of each group for the parts of an installed package: OF=mine
	CONTRACTS_OF=$(OF) $(BIN)/pytest -q -n 0 tests/model tests/objective tests/training tests/evaluation tests/data tests/serving

check: check-planted check-processes check-speed  # what .ci/run also calls

# check-planted: every method finds planted interests; check-processes: launchers, torchrun, kills;
# check-ranks: a million ranks with ties against those of float64
check-%: $(INSTALLED)
	$(PYTEST) --dist loadgroup -m $*

RATIOS := tests/bench/ratios.json
check-speed: $(INSTALLED)  # two minutes: over plain programs, at least .6 of the stored ratios
	$(BIN)/python scripts/bench.py measure=speed compare=$(RATIOS) output=outputs/bench/speed.json

check-speed-store: $(INSTALLED)  # store the ratios of this tree, from a machine without other work
	$(BIN)/python scripts/bench.py measure=speed output=$(RATIOS)

KILLS ?= 50
crash: $(INSTALLED)  # three minutes: programs killed at random moments, and a full disk
	$(BIN)/python -m tests.crash --kills $(KILLS)

check-recovery: $(INSTALLED)  # minutes: how far interests become the planted ones, before and after training
	$(PYTEST) --dist load -rP -m recovery tests/experiment/test_recovery.py

ROWS ?= 25000000
check-large: $(INSTALLED)  # minutes: artificial rows are prepared from CSV and from Parquet, in less than 4 GB; ROWS=200000000
	$(BIN)/python -m tests.large --rows $(ROWS)

check-cluster: $(INSTALLED)  # minutes: Ray and submitit, which it installs
	$(BIN)/python $(PINNED) .ci/cluster.txt
	$(BIN)/python -m pytest -q -m cluster

check-hosts: $(INSTALLED)  # minutes, as root: torchrun, and Ray if it is installed, on two hosts, one of which is lost
	$(BIN)/python -m pytest -q -rs -n 0 -m hosts

check-browser: $(INSTALLED)  # the report, the interest explorer and the server's page in Chromium
	$(BIN)/python -m pytest -q -rs -n 0 $(wildcard tests/*/browser tests/*/*/browser)

check-server: $(INSTALLED)  # ten minutes: more than 10,000 requests made from the server's description
	$(BIN)/python -m pytest -q -n 0 --hypothesis-profile=many -rP tests/serving/server/test_description.py

load: $(INSTALLED)  # a minute: 50 clients of a server at once; FOLDER=exports/NAME serves yours
	$(BIN)/python -m tests.serving.server.load $(FOLDER)

audit: $(INSTALLED)  # known vulnerabilities of all pins; it needs a database of them
	test -x $(BIN)/audit/bin/pip-audit || $(PYTHON) -m venv $(BIN)/audit
	$(BIN)/audit/bin/python $(PINNED) .ci/audit.txt
	.ci/audit $(BIN)/audit/bin/pip-audit

baseline: $(INSTALLED)  # every method against its stored figures; DATA is the folder with ml100k
	$(PYTEST) --dist load -m '(planted or baseline)' tests/experiment/test_baseline.py --data-dir=$(DATA)

baseline-store: $(INSTALLED)  # store the figures of this tree
	$(PYTEST) --dist load -m '(planted or baseline)' tests/experiment/test_baseline.py --data-dir=$(DATA) --store

properties: $(INSTALLED)  # a million rankings and thousands of cases of every other property
	$(PYTEST) --dist load --hypothesis-profile=many -rP $(wildcard tests/*/test_properties.py tests/*/*/test_properties.py)

fuzz: $(INSTALLED)  # thousands of damaged files for each reader
	$(PYTEST) --dist load --hypothesis-profile=many -rP tests/fuzz

mutants: $(INSTALLED)  # NUMBER=200 SEED=1: a sample
	$(BIN)/python -m tests.mutants --number $(NUMBER) --seed $(SEED)

coverage: $(INSTALLED)  # of the branches, below 92 % is an error
	$(PYTEST) --dist load -m 'not cluster and not hosts and not baseline and not recovery and not ranks' --cov --cov-report=term:skip-covered

bench: $(INSTALLED)
	$(BIN)/python scripts/bench.py

bench-index: $(INSTALLED)  # indexes of a million items on one thread: 10 minutes, most of them to build HNSW
	$(BIN)/python scripts/bench.py measure=index turns=1 threads=1
