# Everything is done with make; `make help` lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
STACK_DIR ?= $(or $(KUNDEFLYT_LOCAL_DIR),.local)
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed-from-lock
CHECKOV := $(CURDIR)/.build/checkov
# exec: a signal to the recipe reaches the program, not a shell that leaves it running.
LOCAL := exec env KUNDEFLYT_LOCAL_DIR="$(STACK_DIR)" $(BIN)/python -m infra.local
# Of the local stack unless ARGS name another: a stack in AWS that the shell names is not meant by accident.
OPS := exec env -u KUNDEFLYT_STACK KUNDEFLYT_LOCAL_DIR="$(STACK_DIR)" $(BIN)/python -m infra.operate
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-north-1 $(BIN)/sam
LOCK := CUSTOM_COMPILE_COMMAND="make lock" PIP_CONFIG_FILE=/dev/null $(BIN)/pip-compile --quiet --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-options --annotation-style line $(UPGRADE)

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | \
		awk -F'|' '{ printf "  make %-18s %s\n", $$1, $$2 }'

# ------------------------------------------------------------------------------------------------ the local stack
.PHONY: demo up down ops rules release
demo: venv ## tell the story of one unanswered call on a stack of its own (ONCE=1 ends after it)
	@$(LOCAL) demo $(if $(ONCE),--once)

up: venv ## raise a stack in the background and write .local/stack.json (STACK_DIR=.local2 for another beside it)
	@$(LOCAL) up

down: venv ## end that stack and remove what it left
	@$(LOCAL) down

ops: venv ## look after a running stack, here or in AWS: ARGS="doctor", ARGS="--help"
	@$(OPS) $(ARGS)

rules: venv ## check rules and put them into the running stack: FLOW=no_answer FILE=rules.json
	@$(OPS) rules put $(FLOW) $(FILE)

release: venv ## let go what a flow of the running stack holds, to be decided afresh: FLOW=no_answer
	@$(OPS) held release $(FLOW)

# ---------------------------------------------------------------------------------------------- tests and checks
.PHONY: test check bench
test: venv ## run every test, the journeys on a stack that is raised for them (ARGS="-k sms" for pytest)
	@exec $(BIN)/python -m pytest -ra $(ARGS)

check: venv ## ruff, mypy strict, import rules, cfn-lint and the template's own checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy functions shared infra tests
	PYTHONPATH=shared:. $(BIN)/lint-imports
	$(BIN)/cfn-lint template.yaml
	$(SAM) validate --lint --template-file template.yaml
	$(BIN)/python -m pytest tests/infra/test_template.py tests/infra/test_rights.py tests/infra/test_alarms.py
	@$(MAKE) check-template

check-template: $(CHECKOV)/judged ## checkov's verdict on the production template, asked again only when it has changed

$(CHECKOV)/judged: $(CHECKOV)/installed $(INSTALLED) template.yaml infra/template.py infra/checkov/config.yaml
	@echo "checkov judges the production template …"
	@$(BIN)/python -m infra.template > $(CHECKOV)/template.json
	@cd $(CHECKOV) && bin/checkov --config-file $(CURDIR)/infra/checkov/config.yaml --file template.json
	@touch $@

# Its libraries are pinned by itself and would bind ours, so it lives apart.
$(CHECKOV)/installed: infra/checkov/requirements.txt
	@echo "Installing checkov (about half a minute) …"
	@rm -rf $(CHECKOV) && $(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/python -m pip install --disable-pip-version-check --no-input --quiet --quiet --no-deps --requirement $<
	@touch $@

bench: venv ## measure speed, HubSpot calls and costs, one JSON line each (FIGURES="door_import" for some)
	@exec $(BIN)/python -m infra.bench $(FIGURES)

# ---------------------------------------------------------------------------------------------------------- build
.PHONY: build build-production contract
build: venv ## build for this machine's interpreter into .build/local
	@$(BIN)/python -m infra.local build

build-production: venv ## build for Lambda (the template's Python, arm64) into .build/production
	LAYER_CACHE="$(CURDIR)/.build/layers" PYTHON="$(BIN)/python" $(SAM) build --config-env production \
		--build-dir .build/production

# The functions' own folders are found as Lambda finds them.
contract: venv ## write the console's OpenAPI document anew from its code
	@mkdir -p .build
	@PYTHONPATH=functions:shared $(BIN)/python -c 'from csc_console.app import app; from csc_console.contract import openapi; print(openapi(app), end="")' > .build/contract.json
	@mv .build/contract.json infra/contracts/csc_console.openapi.json

# ------------------------------------------------------------------------------------------------- the environment
.PHONY: venv lock clean
venv: $(INSTALLED) ## make the virtual environment from the lock

$(INSTALLED): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.x")'
	@echo "Installing the $$(grep -c == requirements-dev.txt) locked tools and libraries into .venv (about a minute) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --quiet --quiet --no-deps \
		--requirement requirements-dev.txt
	@touch $@

lock: venv ## write the locks anew from pyproject.toml (UPGRADE=--upgrade takes newer versions)
	$(LOCK) --extra dev --output-file requirements-dev.txt pyproject.toml
	$(LOCK) --constraint requirements-dev.txt --output-file shared/requirements.txt pyproject.toml
	$(LOCK) --output-file infra/checkov/requirements.txt infra/checkov/requirements.in

clean: down ## remove what was built; the virtual environment stays
	rm -rf .build .aws-sam
