PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
GITLAB_KUBERNETES := $(VENV)/bin/gitlab-kubernetes

# A first run keeps what it compiles, for the processes that it starts and for the next run.
export PYTHONDONTWRITEBYTECODE :=

QUICK := $(VENV)/bin/python -m pytest --numprocesses auto --dist loadscope \
	-m "not cli and not browser and not slow"

.DEFAULT_GOAL := help
.PHONY: help install examples examples-all up preview refresh down env test test-full test-quick coverage release generate docs pictures bench bench-simulator check format clean

help: ## Show this help
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

install: $(INSTALLED) ## Create the virtual environment and install everything into it

$(INSTALLED): pyproject.toml
	@echo "Installing into $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable '.[policy,testing]' --group dev
	@$(VENV)/bin/python -m venv --without-pip $(VENV)/tools
	@$(VENV)/bin/python -m pip --python $(VENV)/tools install --quiet --disable-pip-version-check \
		--group tools
	@touch $@

examples: $(INSTALLED) ## Install the packages of the examples, without those of large clouds
	@$(VENV)/bin/python tools/install_examples.py

examples-all: $(INSTALLED) ## Install the packages of all examples; takes half a gigabyte
	@$(VENV)/bin/python tools/install_examples.py --all

up: $(INSTALLED) ## Start the GitLab simulator, deploy the example stack, print its outputs
	@$(GITLAB_KUBERNETES) local up

preview: $(INSTALLED) ## Preview the changes of `make up`, and check them against the policies
	@$(GITLAB_KUBERNETES) local preview

refresh: $(INSTALLED) ## Update the example stack's state from the simulator
	@$(GITLAB_KUBERNETES) local refresh

down: $(INSTALLED) ## Destroy the example stack and stop the simulator
	@$(GITLAB_KUBERNETES) local down

env: $(INSTALLED) ## Print the variables to use `pulumi` with the example stack: eval "$(make -s env)"
	@$(GITLAB_KUBERNETES) local env

test: $(INSTALLED) ## Run the tests
	@$(VENV)/bin/python -m compileall -q provider # Otherwise each test process compiles it.
	@$(VENV)/bin/python -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder --quiet

test-full: $(INSTALLED) ## Run all tests, also those that `make test` leaves out to save time
	@FULL=1 $(MAKE) --no-print-directory test

test-quick: $(INSTALLED) ## Run the tests that need no Pulumi CLI, no browser and little time
	@$(QUICK) --quiet

coverage: $(INSTALLED) ## Run the same tests and show which share of the package they run
	@$(QUICK) --quiet --cov --cov-report=term:skip-covered

release: $(INSTALLED) ## Build what a release has, and check it on every supported Python here
	@$(VENV)/bin/python -m tools.release

generate: $(INSTALLED) ## Generate classes, the policies' model and parts of the documentation
	@$(VENV)/bin/python -m tools.generate

docs: $(INSTALLED) ## Build the documentation site into the folder `site`
	@$(VENV)/bin/zensical build --clean --strict

pictures: $(INSTALLED) ## Write the pictures of the documentation; needs Chromium
	@$(VENV)/bin/python -m tools.pictures

bench: $(INSTALLED) ## Measure both adapters' overhead over the engine; takes two hours
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --group bench
	@$(VENV)/bin/python -m tests.benchmarks.state
	@$(VENV)/bin/python -m tests.benchmarks.resources --plot docs/pictures/benchmark.svg

bench-simulator: $(INSTALLED) ## Measure the GitLab simulator's speed, with few and with many objects
	@$(VENV)/bin/python tests/benchmarks/simulator.py

check: $(INSTALLED) ## Run the linters and the type checker
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/codespell
	@$(VENV)/bin/shellcheck .ci/run

format: $(INSTALLED) ## Format the code
	@$(VENV)/bin/ruff format
	@$(VENV)/bin/ruff check --fix

clean: ## Remove the virtual environment, caches and built files; run `make down` first
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .coverage dist site .cache
