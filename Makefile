# Two commands do everything: `make demo` and `make test`. Both install what they need into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test check tests fast migration screenshots pins clean

demo: .venv/runtime
	@exec $(BIN)/python demo.py

test: .venv/development
	@sh tests/find_chromium.sh
	@$(MAKE) --no-print-directory -j2 tests check

check: .venv/development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy .

tests: .venv/development
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

# While working: without the browser.
fast: .venv/development
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not browser"

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed: set PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/development: requirements.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@ .venv/runtime

# The next revision of the schema: what the models say and a database of the revisions so far does not have.
migration: .venv/development
	@test -n "$(M)" || { echo 'Say what it does: make migration M="Territory of leads"'; exit 2; }
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && export DATABASE_URL="sqlite:///$$folder/portal.db" && \
	$(BIN)/python -m dash_portal migrate && $(BIN)/alembic revision --autogenerate -m "$(M)"

# Pictures of every page of a running demo, to be looked at: light and dark, wide and at phone width.
screenshots: .venv/development
	$(BIN)/python docs/take_screenshots.py screenshots

# Pins every dependency of pyproject.toml anew; look at the difference before committing it.
pins: .venv/development
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile -q --upgrade --strip-extras --no-annotate --no-header --no-emit-options --no-emit-index-url --no-emit-find-links -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade --strip-extras --no-annotate --no-header --no-emit-options --no-emit-index-url --no-emit-find-links -c requirements.txt --extra dev -o requirements-dev.txt pyproject.toml
	@grep -vxFf requirements.txt requirements-dev.txt > requirements-dev.only && mv requirements-dev.only requirements-dev.txt

clean:
	rm -rf .venv .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
