# Every target sets up what it needs, on a machine with git, make, python3 >= 3.11 and pip.
#
#   make demo        a synthetic backlog, planned, checked and reported: out/demo/report.html
#   make test        every test that this machine can run; ends by listing what it could not
#   make lint        ruff, mypy --strict and the floors of the house
#   make soak        ends 200 writers of a ledger at any moment, on both databases (half an hour)
#   make bench       the benchmarks of benchmarks/README.md
#   make reference   rewrites docs/reference from the code
#   make clean       removes everything that the other targets made

HOST_PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint soak bench reference clean

demo: $(READY)
	$(BIN)/headgate warm
	$(BIN)/headgate demo --out out/demo

# The kernels are compiled before the workers start, so that they do not all compile them at once.
test: $(READY)
	$(BIN)/headgate warm
	$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

# All three speak even when the first one fails.
lint: $(READY)
	@status=0; \
	for check in "ruff check ." "mypy" "lint-imports --no-logo"; do \
		echo "$$check"; \
		$(BIN)/$$check || status=1; \
	done; \
	exit $$status

soak: $(READY)
	HEADGATE_SOAK=200 $(BIN)/python -m pytest tests/contracts/test_store_crash.py \
		tests/contracts/test_store_race.py -n 0 $(PYTEST_ARGS)

bench: $(READY)
	$(BIN)/headgate warm
	$(BIN)/python benchmarks/bench.py

reference: $(READY)
	$(BIN)/python -m tools.reference

clean:
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Set up again only when what is installed could have changed.
$(READY): pyproject.toml tools/setup.sh
	@HOST_PYTHON="$(HOST_PYTHON)" sh tools/setup.sh $(VENV)
	@touch $@
