# Two commands from a fresh clone: `make book`, `make test`. PYTHON names the interpreter (3.11, 3.12).
PYTHON ?= python3
PROFILE ?= quick
DEVICE ?= auto
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: book slides pdf test lint lab bench clean help
.DEFAULT_GOAL := help

help:
	@echo "make book   execute the notebooks (PROFILE=quick) and build _build/html"
	@echo "            STUDENT=1: the edition without solutions, in _build/student"
	@echo "make slides one deck a notebook, in _build/slides"
	@echo "make pdf    the whole book on paper, in _build/condrec.pdf (needs Chromium)"
	@echo "make test   lint, types, spelling, tests, notebooks"
	@echo "make lab    open JupyterLab on the notebooks"
	@echo "make bench  measure what steps of training and condensing cost (many minutes)"
	@echo "make clean  remove _build (the .venv stays; delete it to install anew)"

# The stamp is written last, so an interrupted installation is taken up again.
$(STAMP): constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt -e ".[book,test]"
	touch $@

book: $(STAMP)
	$(BIN)/condrec book --profile $(PROFILE) --device $(DEVICE) $(if $(STUDENT),--student)

slides: $(STAMP)
	$(BIN)/condrec book --profile $(PROFILE) --device $(DEVICE) --slides

pdf: $(STAMP)
	$(BIN)/condrec book --profile $(PROFILE) --device $(DEVICE) $(if $(STUDENT),--student) --pdf

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/codespell

# nbmake runs every notebook with its defaults, as a reader who presses "run all" would.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --nbmake --nbmake-timeout=300 notebooks

lab: $(STAMP)
	$(BIN)/jupyter lab notebooks

bench: $(STAMP)
	set -e; for script in benchmarks/*.py; do $(BIN)/python $$script; done

clean:
	rm -rf _build
