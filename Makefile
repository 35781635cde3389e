VENV := .venv
PYTHON ?= python3

.PHONY: run test check bench lock

run: $(VENV)/.run
	@$(VENV)/bin/hub serve

$(VENV)/.run: requirements.lock pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-index --no-build-isolation -e .
	@touch $@

# Written by uv, a tool of the developer: nobody else needs it.
lock:
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra install -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra install --extra dev -o requirements-dev.lock
