# Every target sets itself up; nothing is installed again when nothing changed.
PYTHON ?= python3
SEED   ?= 2016
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
UV     := $(BIN)/uv pip
export UV_SYSTEM_CERTS := 1
LOCK   := $(UV) compile pyproject.toml --universal --generate-hashes --python-version 3.11 --no-header \
          --no-emit-index-url --no-annotate --quiet
COMPILE = $(BIN)/python -m compileall -q -j 0 -x '[/\\]tests?[/\\]' $(VENV)/lib parkanalysis

.PHONY: report test lab lint lock backtest hindcasts bench bench-render fuzz fuzz-long readme dictionary clean

report: $(READY)
	@$(BIN)/parkanalysis report

test: $(READY)-dev
	$(BIN)/python -m pytest -n 2
	$(BIN)/python -m pytest --nbval --nbval-kernel-name python3 -n 2 --dist loadscope -p no:cacheprovider notebooks

lab: $(READY)-lab
	@$(BIN)/parkanalysis lab

lint: $(READY)-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/shape.py

# uv, itself taken from the lock with its hashes, installs the rest of the lock in seconds; it takes the
# system's certificates, as pip does; of the libraries all but their own tests is compiled
$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit("parkanalysis needs Python 3.11 or later, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[^ ]/ {keep = /^uv==/} keep' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock
	@$(UV) sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

# what JupyterLab, tests, lint and benchmarks need besides
$(READY)-%: requirements-%.lock $(READY)
	@echo "Adding what $* needs ..."
	@$(UV) install --quiet --python $(BIN)/python --no-deps --require-hashes -r $<
	@$(COMPILE)
	@touch $@

lock:
	$(LOCK) --extra setup -o requirements.lock
	$(LOCK) --extra setup --extra lab -c requirements.lock -o requirements-lab.lock
	$(LOCK) --all-extras -c requirements-lab.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) outputs/*/ outputs/index.html

readme: $(READY)-dev
	$(BIN)/python scripts/readme.py

backtest: $(READY)-dev
	$(BIN)/python benchmarks/backtest.py

hindcasts: $(READY)-dev
	$(BIN)/python benchmarks/hindcasts.py

bench: $(READY)-dev
	$(BIN)/python benchmarks/projection.py

bench-render: $(READY)-dev
	$(BIN)/python benchmarks/render.py

# broken input at every door, the same cases for the same seed; minutes, and half an hour
fuzz: $(READY)-dev
	$(BIN)/python scripts/fuzz.py --cases 20000 --seed $(SEED)

fuzz-long: $(READY)-dev
	$(BIN)/python scripts/fuzz.py --cases 250000 --seed $(SEED)

dictionary: $(READY)-dev
	$(BIN)/python scripts/dictionary.py
