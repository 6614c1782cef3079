# Every target sets itself up; nothing is installed again when nothing changed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: report test lab backtest hindcasts bench bench-render dictionary lint lock readme clean

report: $(READY)
	@$(BIN)/parkanalysis report

test: $(READY)
	$(BIN)/python -m pytest -n 2
	$(BIN)/python -m pytest --nbval --nbval-kernel-name python3 -n 2 --dist loadscope -p no:cacheprovider notebooks

lab: $(READY)
	@$(BIN)/parkanalysis lab

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# uv, itself taken from the lock with its hashes, installs the rest of the lock in seconds
$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit("parkanalysis needs Python 3.11 or later, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[^ ]/ {keep = /^uv==/} keep' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q parkanalysis
	@touch $@

lock:
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --python-version 3.11 \
	    --no-header --no-emit-index-url --no-annotate --quiet -o requirements.lock

clean:
	rm -rf $(VENV) outputs/*/ outputs/index.html

readme: $(READY)
	$(BIN)/python scripts/readme.py

backtest: $(READY)
	$(BIN)/python benchmarks/backtest.py

hindcasts: $(READY)
	$(BIN)/python benchmarks/hindcasts.py

bench: $(READY)
	$(BIN)/python benchmarks/projection.py

bench-render: $(READY)
	$(BIN)/python benchmarks/render.py

dictionary: $(READY)
	$(BIN)/python scripts/dictionary.py
