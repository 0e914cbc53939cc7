# Everything a person does with this project. `make` alone prints the targets.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
WEB_SOURCES := $(shell find webui -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check bench screenshots lock clean

help: ## print this
	@grep -hE '^[a-z]+: .*##|^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

setup: .venv/.installed webui/dist/.built ## install everything into .venv and build the dashboard (no root, no Node needed)

demo: setup ## the whole product with a simulated CPA: 30 days of history, live traffic, dashboard on a printed URL
	@$(BIN)/python -m tests.demo

run: setup ## the same daemons against a real CPA, from .env (copy .env.example first)
	@test -f .env || { echo 'There is no .env yet: cp .env.example .env, then fill in CPA_BASE_URL and CPA_MANAGEMENT_KEY.'; exit 1; }
	@$(BIN)/honcho -e /dev/null start

test: setup check .cache/chromium ## every check and every test
	@echo '· web tests'; cd webui && npm test --silent
	@echo '· tests'; $(BIN)/python -X dev -m pytest -n 2 --dist worksteal -m 'not alone'
	@echo '· tests that count what a busy machine changes'; $(BIN)/python -X dev -m pytest -m alone

check: setup ## lint, types, import contracts
	@echo '· ruff'; $(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@echo '· mypy'; $(BIN)/mypy --no-error-summary
	@echo '· import contracts'; $(BIN)/lint-imports > .cache/imports.log || { cat .cache/imports.log; exit 1; }
	@echo '· web lint and types'; cd webui && npm run --silent check

bench: setup ## measure on the reference data set (3.2 million events, made once); prints JSON
	@$(BIN)/python -m tests.bench

screenshots: setup .cache/chromium ## every page, both sizes, both themes, all states, into screenshots/
	@$(BIN)/python -m tests.browser.screenshots

lock: .venv/.installed ## choose dependency versions anew, with hashes
	@$(BIN)/pip install -q pip-tools
	@$(BIN)/pip-compile -q $(LOCK) --output-file requirements/run.txt setup.cfg
	@$(BIN)/pip-compile -q $(LOCK) --allow-unsafe --extra build --extra test --output-file requirements/dev.txt setup.cfg

LOCK := --upgrade --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	--no-emit-options

clean: ## remove what setup made; keeps data/
	@rm -rf .venv webui/node_modules webui/dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis screenshots

.venv/.installed: requirements/dev.txt
	@mkdir -p .cache
	@test -x $(BIN)/python || { echo '· making .venv'; $(PYTHON) -m venv .venv || \
		{ echo 'python3-venv is missing: apt install python3-venv'; rm -rf .venv; exit 1; }; }
	@echo '· installing locked Python packages (once, about a minute)'
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

webui/node_modules/.installed: webui/package-lock.json .venv/.installed
	@echo '· installing locked web packages'
	@cd webui && npm ci --silent --no-audit --no-fund
	@touch $@

webui/dist/.built: webui/node_modules/.installed $(WEB_SOURCES)
	@echo '· building the dashboard'
	@cd webui && npm run --silent build > ../.cache/web-build.log 2>&1 || { cat ../.cache/web-build.log; exit 1; }
	@touch $@

.cache/chromium:
	@mkdir -p .cache
	@command -v chromium > /dev/null || { \
		if [ "$$(id -u)" = 0 ]; then echo '· installing chromium for the browser tests'; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk > .cache/apt.log; \
		else echo 'The browser tests need Chromium: sudo apt install chromium fonts-noto-cjk'; exit 1; fi; }
	@touch $@
