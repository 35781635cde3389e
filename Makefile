# make run · make test · make check · make bench: the same commands for people and for CI.

VENV := .venv
PYTHON ?= python3
PIP := $(VENV)/bin/python -m pip --quiet --disable-pip-version-check
CATALOGUE := hub/translations/en/LC_MESSAGES/messages

.PHONY: run init test check bench lock words
.DELETE_ON_ERROR:

run: $(VENV)/.run $(CATALOGUE).mo
	@$(VENV)/bin/hub serve

# Once, before the first start in production, where nothing else makes a database.
init: $(VENV)/.run
	@$(VENV)/bin/hub init

test: $(VENV)/.dev $(CATALOGUE).mo
	@sh tests/install-tools.sh
	@$(VENV)/bin/python -m pytest -q -n auto --dist worksteal

check: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/djlint --check --lint templates
	$(VENV)/bin/lint-imports

bench: $(VENV)/.dev
	@$(VENV)/bin/python -m bench.budget
	@$(VENV)/bin/python -m bench.rush

$(VENV)/.run: requirements.lock pyproject.toml
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-index --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(CATALOGUE).mo: $(CATALOGUE).po | $(VENV)/.run
	@$(VENV)/bin/pybabel --quiet compile -i $< -o $@ -l en

# Collect the words of the site anew; what is new stands empty in the catalogue until translated.
# The lines of its header that tell only of a tool, a minute or a person are left out again.
words: $(VENV)/.dev
	@$(VENV)/bin/pybabel --quiet extract -F pyproject.toml -k _l -k lazy_gettext --no-wrap --no-location \
		--sort-output --project=渝好空间 --version=hub -o messages.pot .
	@$(VENV)/bin/pybabel --quiet update --init-missing --no-fuzzy-matching --ignore-obsolete --no-wrap \
		-i messages.pot -d hub/translations -l en
	@grep -Ev '^"(Report-|POT-|PO-Revision|Last-Tr|Language-Team|Generated)|^#($$| (Copyright|This file|FIRST))' \
		$(CATALOGUE).po > messages.pot
	@mv messages.pot $(CATALOGUE).po

# Written by uv, a tool of the developer: nobody else needs it.
LOCK := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra install
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -o requirements-dev.lock
