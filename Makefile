PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
GITLAB_KUBERNETES := $(VENV)/bin/gitlab-kubernetes

.DEFAULT_GOAL := help
.PHONY: help install up preview refresh down env test bench bench-simulator check format clean

help: ## Show this help
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

install: $(INSTALLED) ## Make the virtual environment and install everything into it

$(INSTALLED): pyproject.toml
	@echo "Installing into $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable '.[policy,testing]' --group dev
	@touch $@

up: $(INSTALLED) ## Start the GitLab simulator, deploy the root stack, print its outputs
	@$(GITLAB_KUBERNETES) local up

preview: $(INSTALLED) ## Show what `make up` would change, judged by the policies
	@$(GITLAB_KUBERNETES) local preview

refresh: $(INSTALLED) ## Bring the root stack's state up to date with the simulator
	@$(GITLAB_KUBERNETES) local refresh

down: $(INSTALLED) ## Destroy the root stack and stop the simulator
	@$(GITLAB_KUBERNETES) local down

env: $(INSTALLED) ## Print what a shell needs for `pulumi` on the root stack: eval "$(make -s env)"
	@$(GITLAB_KUBERNETES) local env

test: $(INSTALLED) ## Run all tests
	@$(VENV)/bin/python -m compileall -q provider # Else many processes would compile it anew.
	@$(VENV)/bin/python -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder --quiet

bench: $(INSTALLED) ## Measure what the provider costs beyond the engine; takes half an hour
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --group bench
	@$(VENV)/bin/python -m tests.benchmarks.resources --plot tests/benchmarks/resources.svg

bench-simulator: $(INSTALLED) ## Measure the GitLab simulator's speed, with few and with many things in it
	@$(VENV)/bin/python tests/benchmarks/simulator.py

check: $(INSTALLED) ## Run the linter and the type checker
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy

format: $(INSTALLED) ## Format the code
	@$(VENV)/bin/ruff format
	@$(VENV)/bin/ruff check --fix

clean: ## Remove what the other targets made; run `make down` first
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
