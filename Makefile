# The two commands of the README, and the few that people use daily.
SAMDRIFT := .venv/bin/samdrift
PYTEST := .venv/bin/python -m pytest
MAKEFLAGS += --no-print-directory

.PHONY: help setup lab test test-fast journeys stops lint types bench clean-lab

help:  ## List what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup:  ## Install what is missing: Debian packages, .venv, engine and provider
	@toolchain/setup.sh

lab: setup  ## From a clone to a running, verified federation on this machine
	@$(SAMDRIFT) lab up
	@$(SAMDRIFT) up
	@$(SAMDRIFT) verify; verdict=$$?; $(SAMDRIFT) status; exit $$verdict

test: setup lint types  ## Everything: lint, types, unit, components, policies, lab API, molecule, platform
	@tests/run

test-fast:  ## For daily work: everything that needs no lab
	@toolchain/setup.sh --no-engine
	@$(MAKE) lint types
	$(PYTEST) -q -n auto --dist loadfile -m "not lab and not toolchain and not requirement" tests

journeys:  ## On the platform that is up: whole days of people, from the row in the register to the mail
	$(PYTEST) -q tests/journeys

stops:  ## On the platform that is up: each host of the hall is switched off and on under its users' traffic
	SAMDRIFT_TEST_ALL=1 SAMDRIFT_TEST_LAB=$$(.venv/bin/python -c 'from samdrift.state import current; print(current().name)') \
	  $(PYTEST) -v tests/acceptance/test_stop.py

lint:
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types:
	.venv/bin/mypy platform lab inventories roles tests
	.venv/bin/mypy policies

bench:  ## Measure on the lab that is up, beside references: no-op runs, mail, backup, deploy, an import of people
	@$(SAMDRIFT) bench

clean-lab:  ## Leave nothing running, mounted, routed or ruled; list what stays installed and cached
	@test -x $(SAMDRIFT) || exit 0; $(SAMDRIFT) lab down --all
