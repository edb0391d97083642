.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
UV_VERSION := 0.13.9
BIN := .venv/bin
# Python's bytecode is kept: tests start many processes, and each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
# One process more than processors, because some tests wait. Each one loads all tests, in 3 s.
TEST_PROCESSES = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Whoever types it chooses some of the tests. A variable of that name in the environment chooses none.
TESTS :=
SIDE_BY_SIDE = --no-print-directory --jobs=2 --keep-going
IN_ONE_PIECE = $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# Each file runs in one of three processes: whoever is free takes the next. Of three, two are at
# work while one waits, as check_lost_network.py does for a minute. What takes long comes first.
LONG := tests/openapi/check_conformance.py tests/deploy/rehearse_deployment.py \
  tests/call_page/check_lost_network.py tests/call_page/check_call.py tests/call_page/check_guests.py \
  tests/clients/check_types.py \
  tests/contract/sessions/test_interleavings.py tests/e2e/check_page.py \
  tests/call_page/check_lobby.py tests/call_page/check_states.py tests/e2e/check_stack_runs.py
SUITES = $(LONG) $(filter-out $(LONG), \
  $(shell find tests/contract -name 'test_*.py'; find tests -name 'check_*.py' | sort))

# What somebody types, such as an id from outside, goes through the environment as it is: neither make
# nor the shell may read a part of it as a command.
TYPED := STAGE NAME KIND FORMAT FROM BEARER MONTH CSV ID OUT ROOM AFTER USER ADMIN OFF ERASE END
$(foreach each,$(TYPED),$(eval override $(each) := $$(value $(each))))
export $(TYPED)

.PHONY: help run token test check suites types lint layers template programs format openapi mutants lock clean deploy stage settings sign-in-check secret account-secret callbacks archive-storage usage user-data rooms who free bearer-help user-hash privacy-key privacy-check package export destroy rehearse rehearse-upgrade record-table release bench bench-quick

help:  ## This list
	@sed -n 's/^VERSION: Final = "\(.*\)"/Roomkey \1/p' chalicelib/__init__.py
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

# uv installs the pinned set in seconds where pip takes a minute; it comes from PyPI like the rest.
# What runs comes first and by itself: the first token is not to wait for what only tests need.
.venv/ready: requirements-local.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Roomkey needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --requirement requirements-local.txt
	@touch $@

.venv/tested: .venv/ready requirements-dev.txt
	@echo "Adding what tests and checks need (once) ..."
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --requirement requirements-dev.txt
	@touch $@

run: .venv/ready  ## The whole service on this machine, and a first token
	@PORT=$(PORT) exec $(BIN)/python -m local

token: .venv/ready  ## A bearer token of the running stack: make -s token USER=alice [ADMIN=1]
	@PORT=$(PORT) $(BIN)/python -m local.bearer \
	  $(if $(filter-out 0 no false,$(ADMIN)),--admin) -- "$$USER"

test: .venv/tested  ## The tests that need nothing but Python: make test [TESTS=tests/core]
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal $(TESTS)

# Two jobs at a time, all failures shown. Each one's output is in one piece where make can do that,
# but for the suites, whose progress is to be seen.
# Types take one processor for 20 s where nothing is kept of an earlier run; the suites use the other.
check: .venv/tested  ## Linters, types, layers, and the suites that need more than Python
	@$(MAKE) $(SIDE_BY_SIDE) $(IN_ONE_PIECE) lint layers template programs
	@$(MAKE) $(SIDE_BY_SIDE) types suites

suites: .venv/tested
	@echo "Running what needs DynamoDB Local, Chromium, npm or a rehearsed deployment ..."
	@$(BIN)/python -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder \
	  --run-dynamodb-local $(SUITES)

types: .venv/tested
	@echo "Checking types ..."
	@$(BIN)/mypy

lint: .venv/tested
	@echo "Checking format and style ..."
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

layers: .venv/tested
	@echo "Checking layers ..."
	@$(BIN)/lint-imports --no-logo

template: .venv/tested
	@echo "Checking the CloudFormation templates ..."
	@$(BIN)/cfn-lint deploy/resources.json deploy/recipes/*.json

programs: .venv/tested
	@echo "Looking for Java, Chromium and the client packages ..."
	@$(BIN)/python -m tests.support.programs.dynamodb_local
	@$(BIN)/python -m tests.support.programs.browser
	@$(BIN)/python -m tests.support.programs.client_packages

mutants: .venv/tested  ## Take 60 rules out one at a time, to see that the tests notice
	@$(BIN)/python -m tools.mutants

bench: .venv/tested  ## What a join costs in time, calls and dollars; into bench/results.md
	@$(BIN)/python -m tests.support.programs.dynamodb_local
	@$(BIN)/python -m bench

bench-quick: .venv/tested  ## Check counts and ratios of joins, in under a minute
	@$(BIN)/python -m bench.quick

openapi: .venv/ready  ## Write docs/openapi.json anew from the routes
	@$(BIN)/python -m tools.openapi

format: .venv/tested  ## Apply the formatter and the linter's fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: .venv/ready  ## Pin the newest versions that requirements*.in allow
	@for name in requirements requirements-local requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate \
	    --no-emit-index-url --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; done

clean:  ## Remove what make made
	@rm -rf .venv .local build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

deploy: .venv/ready  ## Into your AWS account, or up to date there: make deploy STAGE=dev
	@$(BIN)/python -m deploy deploy "$$STAGE"

stage: .venv/ready  ## The files of a new stage: make stage NAME=alice [KIND=production]
	@$(BIN)/python -m deploy stage "$$NAME" --kind="$$KIND"

settings: .venv/ready  ## Each setting of a stage and where it comes from: make settings STAGE=dev
	@$(BIN)/python -m deploy settings "$$STAGE"

sign-in-check: .venv/ready  ## What a stage's identity provider publishes, and a token: make sign-in-check STAGE=dev [BEARER=…]
	@$(BIN)/python -m deploy sign-in-check "$$STAGE"

secret: .venv/ready  ## Store OpenTok's credentials, asked for or from a pipe: make secret STAGE=dev
	@$(BIN)/python -m deploy secret "$$STAGE"

account-secret: .venv/ready  ## The account that may replace OpenTok's credentials, from a pipe or asked for: make account-secret STAGE=prod
	@$(BIN)/python -m deploy account-secret "$$STAGE"

callbacks: .venv/ready  ## Have OpenTok tell a stage what happens in its sessions: make callbacks STAGE=dev
	@$(BIN)/python -m deploy callbacks "$$STAGE"

archive-storage: .venv/ready  ## Have OpenTok upload recordings to your own bucket: make archive-storage STAGE=dev [OFF=1]
	@$(BIN)/python -m deploy archive-storage$(if $(filter-out 0 no false,$(OFF)),-off) "$$STAGE"

usage: .venv/ready  ## What a month used and costs at OpenTok: make usage STAGE=prod MONTH=2026-11 [CSV=usage.csv]
	@$(BIN)/python -m deploy usage "$$STAGE" --month="$$MONTH" --csv="$$CSV"

user-data: .venv/ready  ## What is held of a user, as JSON: make user-data STAGE=prod ID=… [OUT=user.json] [ERASE=1]
	@$(BIN)/python -m deploy user-data "$$STAGE" --id="$$ID" --out="$$OUT" \
	  $(if $(filter-out 0 no false,$(ERASE)),--erase)

user-hash: .venv/ready  ## What stands for a user in logs under strict privacy: make user-hash STAGE=prod ID=…
	@$(BIN)/python -m deploy user-hash "$$STAGE" --id="$$ID"

privacy-key: .venv/ready  ## A new key of strict privacy, beside the earlier ones: make privacy-key STAGE=prod
	@$(BIN)/python -m deploy privacy-key "$$STAGE"

rooms: .venv/ready  ## The rooms of a stage, live ones first: make rooms STAGE=prod [AFTER=…]
	@$(BIN)/python -m deploy rooms "$$STAGE" --after="$$AFTER"

who: .venv/ready  ## Who is in a room now, keeps a seat, or waits: make who STAGE=prod ROOM=standup [AFTER=…]
	@$(BIN)/python -m deploy who "$$STAGE" --room="$$ROOM" --after="$$AFTER"

free: .venv/ready  ## Free the seats nobody sits in, after asking: make free STAGE=prod ROOM=standup [END=1]
	@$(BIN)/python -m deploy free "$$STAGE" --room="$$ROOM" \
	  $(if $(filter-out 0 no false,$(END)),--end)

bearer-help: .venv/ready  ## How you get the bearer token of an admin: make bearer-help STAGE=prod
	@$(BIN)/python -m deploy bearer-help "$$STAGE"

privacy-check: .venv/ready  ## What a stage must have before it carries health data: make privacy-check STAGE=prod
	@$(BIN)/python -m deploy privacy-check "$$STAGE"

package: .venv/ready  ## The zip that would be uploaded: make package STAGE=dev
	@$(BIN)/python -m deploy package "$$STAGE"

export: .venv/ready  ## A stage for another tool: make export FORMAT=sam|terraform STAGE=prod [OUT=…]
	@$(BIN)/python -m deploy.export "$$STAGE" --format="$$FORMAT" --out="$$OUT"

destroy: .venv/ready  ## Take a stage down, after asking: make destroy STAGE=dev
	@$(BIN)/python -m deploy destroy "$$STAGE"

rehearse: .venv/tested  ## Deploy, deploy again, destroy and run the zip, all on stand-ins
	@$(BIN)/python -m pytest tests/deploy/rehearse_deployment.py

rehearse-upgrade: .venv/tested  ## Deploy the previous release, then this commit, on stand-ins: [FROM=v0.1.0]
	@$(BIN)/python -m pytest tests/deploy/rehearse_upgrade.py

record-table: .venv/tested  ## Record the table of this version, which each later one must read
	@$(BIN)/python -m pytest tests/tables/record_table.py

# One after the other: a tag comes last, when all else has passed.
release: .venv/tested  ## Check, test, build and tag this version: a zip, its hashes and bill of materials
	@$(BIN)/python -m tools.release check
	@$(MAKE) --no-print-directory test TESTS=
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory rehearse-upgrade
	@$(BIN)/python -m tools.release finish
