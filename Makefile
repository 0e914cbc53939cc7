# Everything a person does with this project. `make` alone prints the targets.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
export PATH := $(CURDIR)/$(BIN):$(PATH)
WEB_SOURCES := $(shell find webui -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo run configured test test-clock test-clock-fast check bench screenshots catalogue wheel lock clean

help: ## print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

setup: .venv/.installed webui/dist/.built ## install everything into .venv and build the dashboard (no root, no Node needed)

demo: setup ## the whole product with a simulated CPA: 65 days of history, live traffic, dashboard on a printed URL
	@$(BIN)/python -m tests.demo

run: configured setup ## the same daemons against a real CPA, from .env (copy .env.example first)
	@$(BIN)/python -m deploy.announce & exec $(BIN)/honcho -e /dev/null start

configured:
	@deploy/configured

# A third of the tests wait for something, so two cores serve three at once; with four, each waits for the others.
# Python's development mode would check every allocation, too, which finds faults of C code only and takes an eighth of
# the time.
PYTEST := $(BIN)/python -X dev -m pytest
test test-clock test-clock-fast: export PYTHONMALLOC := pymalloc
# Daemons wait for the disk at each commit, and all of them at once for one disk. Where memory has room for a file
# system of its own (4 GiB; a container's 64 MiB is none), their files are there.
IN_MEMORY := $(shell test -w /dev/shm && test $$(df --output=avail /dev/shm | tail -1) -ge 4194304 && echo /dev/shm)
ifneq ($(IN_MEMORY),)
test test-clock test-clock-fast: export TMPDIR := $(IN_MEMORY)
endif
AT_ONCE := -n 3 --dist worksteal

test: setup check .cache/chromium .cache/proxies ## every check and every test
	@echo '· web tests'; cd webui && npm test --silent
	@echo '· tests'; $(PYTEST) $(AT_ONCE) -m 'not alone'
	@echo '· tests that count what a busy machine changes'; $(PYTEST) -m alone

# When clocks go forward in Berlin, February ends on the 29th in Shanghai, and the year ends there; each with another
# zone of the machine.
CLOCKS := 2027-03-28T00:59:50Z,Europe/Berlin 2028-02-29T15:59:30Z,UTC 2026-12-31T15:59:50Z,America/New_York
comma := ,
AT = $(BIN)/python -m tests.clock $(subst $(comma), ,$(1)) $(PYTEST)

test-clock: setup .cache/faketime ## every test but the browser's, at three awkward moments
	@$(foreach clock,$(CLOCKS),echo '· tests at $(clock)' && \
		$(call AT,$(clock)) $(AT_ONCE) -m 'not browser and not alone' && \
		$(call AT,$(clock)) -m 'alone and not browser' &&) true

test-clock-fast: setup .cache/faketime
	@echo '· fast tests at $(firstword $(CLOCKS))'
	@$(call AT,$(firstword $(CLOCKS))) $(AT_ONCE) -m 'not browser and not alone' \
		tests/shared tests/ingestd tests/queryd

check: setup ## lint, types, import contracts
	@echo '· ruff'; $(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@echo '· mypy'; $(BIN)/mypy --no-error-summary
	@echo '· import contracts'; $(BIN)/lint-imports > .cache/imports.log || { cat .cache/imports.log; exit 1; }
	@echo '· web lint and types'; cd webui && npm run --silent check

bench: setup ## measure on the reference data set (3.2 million events, made once); prints JSON
	@$(BIN)/python -m tests.bench

screenshots: setup .cache/chromium ## every page, both sizes, both themes, all states, into screenshots/
	@$(BIN)/python -m tests.browser.screenshots

catalogue: .venv/.installed ## compile the prices anew from the locked package and our own tables
	@$(BIN)/python -m tools.catalogue

wheel: setup ## the whole installation as one file for uv tool, pipx or pip, dashboard included: dist/*.whl
	@rm -rf build dist && $(BIN)/pip wheel -q --disable-pip-version-check --no-deps --no-index --no-build-isolation -w dist .
	@rm -rf build *.egg-info && ls dist/*.whl

lock: .venv/.installed ## choose dependency versions anew, with hashes
	@$(BIN)/pip install -q pip-tools
	@$(BIN)/pip-compile -q $(LOCK) --output-file requirements/run.txt setup.cfg
	@$(BIN)/pip-compile -q $(LOCK) --allow-unsafe --extra build --extra test --output-file requirements/dev.txt setup.cfg

LOCK := --upgrade --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	--no-emit-options

clean: ## remove what setup made; keeps data/
	@rm -rf build dist .venv webui/node_modules webui/dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis screenshots

.venv/.installed: requirements/dev.txt
	@mkdir -p .cache
	@test -x $(BIN)/python || { echo '· making .venv'; $(PYTHON) -m venv .venv || \
		{ echo 'python3-venv is missing: apt install python3-venv'; rm -rf .venv; exit 1; }; }
	@echo '· installing locked Python packages (once, one or two minutes)'
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt | \
		sed -u -nE 's/^(Collecting [^ ]+|Installing collected packages).*/  \1/p'
	@touch $@

webui/node_modules/.installed: webui/package-lock.json .venv/.installed
	@echo '· installing locked web packages'
	@cd webui && npm ci --silent --no-audit --no-fund
	@touch $@

webui/dist/.built: webui/node_modules/.installed $(WEB_SOURCES)
	@echo '· building the dashboard'
	@cd webui && npm run --silent build > ../.cache/web-build.log 2>&1 || { cat ../.cache/web-build.log; exit 1; }
	@touch $@

.cache/proxies:
	@mkdir -p .cache
	@{ command -v nginx && command -v caddy; } > /dev/null || { \
		if [ "$$(id -u)" = 0 ]; then echo '· installing nginx and caddy for the tests of reverse proxies'; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx caddy > .cache/apt-proxies.log; \
		else echo 'The tests of reverse proxies need nginx and caddy: sudo apt install nginx caddy'; exit 1; fi; }
	@touch $@

.cache/chromium:
	@mkdir -p .cache
	@command -v chromium-headless-shell > /dev/null || { \
		if [ "$$(id -u)" = 0 ]; then echo '· installing chromium for the browser tests'; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell fonts-noto-cjk > .cache/apt.log; \
		else command -v chromium > /dev/null || \
			{ echo 'The browser tests need Chromium: sudo apt install chromium-headless-shell fonts-noto-cjk'; exit 1; }; fi; }
	@touch $@

.cache/faketime:
	@mkdir -p .cache
	@command -v faketime > /dev/null || { \
		if [ "$$(id -u)" = 0 ]; then echo '· installing faketime for the tests at other times'; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq faketime > .cache/apt.log; \
		else echo 'The tests at other times need faketime: sudo apt install faketime'; exit 1; fi; }
	@touch $@
