# Two commands do everything: `make demo` and `make test`. All install what they need into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: help demo test check tests fast other-pythons explore test-one format migration screenshots pins advisories clean

help:  ## what there is (this list)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/runtime  ## the whole portal on this machine, with two invented brands
	@exec $(BIN)/python demo.py

test: .venv/development  ## everything the project checks
	@sh tests/find_chromium.sh
	@$(MAKE) --no-print-directory -j2 tests check

check: .venv/development  ## format, lint, types, import rules, dead code; part of make test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry .
	$(BIN)/mypy .

tests: .venv/development  ## the tests; part of make test, and what was slowest at the end
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder --durations 10

fast: .venv/development  ## the tests without those of the browser, while working, and what was slowest
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder --durations 10 -m "not browser"

# The portal runs on each of these; all else of the project is checked on the one of .python-version.
OTHER_PYTHONS ?= python3.12 python3.13

other-pythons: .venv/development  ## the fast tests on newer Pythons, as far as they are on this machine
	@for python in $(OTHER_PYTHONS); do \
		$$python -c '' 2> /dev/null || { echo "$$python is not on this machine"; continue; }; \
		folder=.venv/$$(basename $$python); \
		$$python -m venv $$folder && \
		$$folder/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt && \
		$$folder/bin/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not browser" || exit 1; \
	done

explore: .venv/development  ## the properties with other inputs each time, and many more: what they find becomes an example
	HYPOTHESIS_PROFILE=explore $(BIN)/pytest -n 3 --timeout 600 $$(grep -rl --include='test_*.py' '@given' tests)

test-one: .venv/development  ## one file, folder or test: make test-one T=tests/test_settings.py
	@test -n "$(T)" || { echo 'Say which: make test-one T=tests/test_settings.py'; exit 2; }
	$(BIN)/pytest $(T)

format: .venv/development  ## put every file in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "Python 3.11, 3.12 or 3.13 is needed: set PYTHON=/path/to/one"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/development: requirements.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@ .venv/runtime

# What the models say, and a database of the revisions so far does not have.
migration: .venv/development  ## the next revision of the schema: make migration M="Territory of leads"
	@test -n "$(M)" || { echo 'Say what it does: make migration M="Territory of leads"'; exit 2; }
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && export DATABASE_URL="sqlite:///$$folder/portal.db" && \
	$(BIN)/python -m dash_portal migrate && $(BIN)/alembic revision --autogenerate -m "$(M)"

screenshots: .venv/development  ## pictures of every page of a running demo, to be looked at
	$(BIN)/python docs/take_screenshots.py screenshots

PINNED := --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-annotate --no-header --no-emit-options \
	--no-emit-index-url --no-emit-find-links

pins: .venv/development  ## every dependency pinned anew; look at the difference before committing it
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile $(PINNED) -o requirements.txt pyproject.toml
	@sed -n 's/ \\$$//p' requirements.txt | grep '^[a-z]' > requirements.pinned
	$(BIN)/pip-compile $(PINNED) -c requirements.pinned --extra dev -o requirements-dev.txt pyproject.toml
	@awk 'NR == FNR { pinned[$$1]; next } /^[^ ]/ { is_new = !($$1 in pinned) } is_new' requirements.pinned requirements-dev.txt \
		> requirements-dev.only && mv requirements-dev.only requirements-dev.txt
	@rm requirements.pinned

# --strict: a package that could not be looked up is a failure, else "none found" may mean that nobody answered.
AUDIT := --strict --progress-spinner off --require-hashes --disable-pip -r requirements.txt -r requirements-dev.txt

advisories: .venv/development  ## known flaws of what is pinned; asks an advisory service, so it needs the open network
	$(BIN)/python -m pip install --quiet pip-audit
	@complaints=$$(mktemp) && trap 'rm -f "$$complaints"' EXIT && $(BIN)/pip-audit $(AUDIT) 2>"$$complaints" || { \
		grep '^Found ' "$$complaints" || echo "The advisories could not be looked up: $$(tail -n 1 "$$complaints" | cut -c 1-200)"; exit 1; }

clean:  ## away with everything that was installed or made
	rm -rf .venv .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
