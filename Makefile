# Every target does its own set-up, in .venv, once. `make` lists them.

PYTHON ?= python3
BACKEND ?= tensorflow
EPOCHS ?=
MINUTES ?= 20
SECONDS ?= 600
PRESET ?=
DATA ?=
OUTPUT ?=
ARGS ?=
SECTIONS ?= training
TEXT ?= A moving story, beautifully told.

VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The files in the order that tests/conftest.py gives them.
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
SMOKE := $(addprefix tests/,runs/test_train.py runs/test_resume.py models/test_bert_classifier.py)
# An open range would take a CUDA build of several GB; this release is a CPU build.
TORCH := torch==2.13.0
TRAIN_ARGS = --backend $(BACKEND) $(if $(PRESET),--preset "$(PRESET)") $(if $(EPOCHS),--epochs $(EPOCHS)) $(if $(OUTPUT),--output "$(OUTPUT)") $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup train train-zh messages predict test test-quick test-backends parity notebooks docs bench recipes fuzz kills ends soak ray lint typecheck clean
.DELETE_ON_ERROR:

help:  ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  Variables: BACKEND=tensorflow|jax|torch DATA=FILE PRESET=... EPOCHS=N OUTPUT=DIR ARGS='--flag value'"

setup: $(VENV)/.installed-tensorflow $(VENV)/.installed-jax $(VENV)/.installed-demo  ## install kbert with TensorFlow and JAX, and the demo's weights and data

train: $(VENV)/.installed-$(BACKEND) $(VENV)/.installed-demo  ## run `kbert demo`: fine-tune MiniLM on film reviews; or train on DATA
	$(BIN)/kbert $(if $(DATA),train "$(DATA)",demo) $(TRAIN_ARGS)

train-zh: $(VENV)/.installed-$(BACKEND) $(VENV)/.installed-demo-zh  ## run `kbert demo --chinese`: a small new BERT on Chinese reviews
	$(BIN)/kbert demo --chinese --lang zh $(TRAIN_ARGS)

# Without a model, kbert says what the newest run lacks, and how to finish it.
predict: $(VENV)/.installed-$(BACKEND)  ## label TEXT with the newest run, or with RUN
	@run="$(RUN)"; [ -n "$$run" ] || run=$$({ ls -td runs/*/model 2>/dev/null || ls -td runs/*/run.json 2>/dev/null; } | head -n 1); \
	run=$${run%/model}; run=$${run%/run.json}; \
	[ -n "$$run" ] || { echo "There is no run in runs/. Train one: make train; or name one: make predict RUN=DIR" >&2; exit 2; }; \
	printf '%s\n' "$(TEXT)" | $(BIN)/kbert predict "$$run" --backend $(BACKEND)

test: $(VENV)/.installed-test  ## run all tests, those that need Keras on each backend
	$(PYTEST) -m "not keras"
	KERAS_BACKEND=torch $(PYTEST) -m keras
	KERAS_BACKEND=tensorflow $(PYTEST) -m "keras and not any_backend"
	KERAS_BACKEND=jax $(PYTEST) -m "keras and not any_backend"

test-quick: $(VENV)/.installed-test  ## run what needs no backend, and a few tests on torch: under 2 minutes
	$(PYTEST) -m "not keras and not slow and not parity and not faults"
	KERAS_BACKEND=torch $(PYTEST) -m keras $(SMOKE)

test-backends: $(VENV)/.installed-test  ## run on TensorFlow and JAX what `make test` leaves to torch: before a release
	KERAS_BACKEND=tensorflow $(PYTEST) -m "keras and any_backend"
	KERAS_BACKEND=jax $(PYTEST) -m "keras and any_backend"

parity: $(VENV)/.installed-test  ## compare the backends: a table of the greatest differences
	$(BIN)/python -m tests.parity.table

notebooks: $(VENV)/.installed-test  ## execute the notebooks again, in place
	$(BIN)/python tools/execute_notebooks.py notebooks/*.ipynb

docs: $(VENV)/.installed-docs  ## build the documentation into site/, strictly; ARGS=--serve shows it while you write
	$(BIN)/python -m tools.docs_site $(ARGS)

bench: $(VENV)/.installed-test $(PEERS)/.installed  ## measure SECTIONS of docs/benchmarks.md, training speed by default
	$(BIN)/python -m benchmarks.report $(SECTIONS) --peers $(PEERS)/bin/python $(ARGS)

recipes: $(VENV)/.installed-test $(PEERS)/.installed  ## make the missing runs of docs/recipes.md, on the data sets in the folder DATA
	@[ -n "$(DATA)" ] || { echo "Name the folder of the data sets: make recipes DATA=FOLDER" >&2; exit 2; }
	$(BIN)/python -m benchmarks.recipes --data "$(DATA)" --peers $(PEERS)/bin/python $(ARGS)

kills: $(VENV)/.installed-test  ## kill a tiny run 200 times, often while it saves, and resume it
	$(BIN)/python -m tools.kill_runs

ends: $(VENV)/.installed-test  ## end every verb before each of its changes, and give the next command
	$(BIN)/python -m tools.ended_runs $(ARGS)

soak: $(VENV)/.installed-test  ## train, kill and resume for MINUTES, and watch memory, disk and result
	$(BIN)/python -m tools.soak --minutes $(MINUTES)

fuzz: $(VENV)/.installed-test  ## mutate files for SECONDS in all, and look for anything but a refusal
	$(PIP) -e ".[fuzz]"
	KERAS_BACKEND=$(BACKEND) $(BIN)/python tools/fuzz.py $(SECONDS)

ray: $(VENV)/.installed-test  ## install the extra ray, and run a sweep's tasks on a local Ray cluster
	$(PIP) -e ".[ray]"
	$(BIN)/python -m pytest -q tests/sweeps/test_workers.py

messages: $(VENV)/.installed-test  ## write the Chinese catalogue again, with the messages of the code
	$(BIN)/python -m tools.messages

lint: $(VENV)/.installed-test  ## check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

typecheck: $(VENV)/.installed-test  ## check types
	$(BIN)/mypy

clean:  ## remove what was installed and cached here; runs stay
	rm -rf $(VENV) $(PEERS) .cache build dist site docs/notebooks docs/reference *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kbert needs Python 3.11 or newer, and $(PYTHON) is older. Name one: make PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv" >&2; exit 2; }
	$(PIP) --upgrade pip
	@touch $@

$(VENV)/.installed-tensorflow $(VENV)/.installed-jax: $(VENV)/.installed-%: $(VENV)/.python pyproject.toml
	@echo "Installing kbert with $* (once; a few minutes) ..."
	$(PIP) -e ".[$*]"
	@touch $@

$(VENV)/.installed-torch: $(VENV)/.python pyproject.toml
	@echo "Installing kbert with torch (once; a few minutes) ..."
	$(PIP) $(TORCH)
	$(PIP) -e ".[torch]"
	@touch $@

$(VENV)/.installed-demo: $(VENV)/.python requirements/demo.txt
	$(PIP) --no-deps --require-hashes -r requirements/demo.txt
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.python pyproject.toml
	@echo "Installing what builds the documentation (once) ..."
	$(PIP) -e ".[docs]"
	@touch $@

$(VENV)/.installed-demo-zh: $(VENV)/.python requirements/demo-zh.txt
	$(PIP) --no-deps --require-hashes -r requirements/demo-zh.txt
	@touch $@

# Pip compiles the 20,000 files one by one; compileall does on every core, but for what few import.
$(VENV)/.installed-test: $(VENV)/.installed-demo pyproject.toml
	@echo "Installing kbert with all three backends and the tests (once; a few minutes) ..."
	$(PIP) --no-compile $(TORCH)
	$(PIP) --no-compile -e ".[tensorflow,jax,torch,test,dev]"
	@$(BIN)/python -W ignore -m compileall -qq -j 0 -x '/tests/|/transformers/models/' $(VENV)/lib || true  # some files are templates
	@touch $@ $(VENV)/.installed-tensorflow $(VENV)/.installed-jax $(VENV)/.installed-torch

# What kbert is compared with, beside nothing of kbert.
$(PEERS)/.installed: $(VENV)/.python
	@echo "Installing the Hugging Face Trainer and setfit into $(PEERS) (once; a few minutes) ..."
	@$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH) "transformers>=5.0" accelerate setfit fastapi uvicorn
	@touch $@
