PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: setup demo test sweep-test browser-test lint bench
setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/python scripts/train.py -m experiment=demo selection=hard,p hydra.sweep.dir=outputs/demo/$$(date +%Y-%m-%d_%H-%M-%S)

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

sweep-test: $(INSTALLED)  # minutes: a sweep killed five times; Ray and submitit
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ray,submitit]'
	$(BIN)/python -m pytest -q -m long

browser-test: $(INSTALLED)
	$(BIN)/python -m pytest -q -rs tests/browser

lint: $(INSTALLED)
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(INSTALLED)
	$(BIN)/python scripts/bench.py
