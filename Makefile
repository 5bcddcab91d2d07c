# The two commands: `make book` builds and checks the site, `make test` proves it.

PYTHON ?= python3.11
RUN := .venv/bin/python
PORT ?= 8000
export PYTHONDONTWRITEBYTECODE := 1
# Tests and chapters run side by side, one on each core.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help env book test serve lab bench data lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

env:
	@$(PYTHON) book/environment.py

book: env ## execute stale chapters, build and check the site
	@$(RUN) book/build.py

test: env ## lint, unit and property tests, data, notebooks, site
	@$(RUN) book/chromium.py
	@$(RUN) book/build.py
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest --numprocesses=auto --dist=loadfile
	$(RUN) -m pytest --nbval --numprocesses=auto --dist=loadfile book/notebooks

serve: book ## read the site at 127.0.0.1 (PORT=8000)
	@echo "Open the address below in a browser; stop with Ctrl-C."
	@$(RUN) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: env ## open the chapters in JupyterLab
	@.venv/bin/jupyter lab --ip=127.0.0.1 book/notebooks

bench: book ## measure speed, memory and pages (STRICT=1 fails past a limit; ONLY="policy lighthouse")
	@$(RUN) benchmarks/run.py $(if $(STRICT),--strict) $(if $(ONLY),--only $(ONLY))

data: env ## rebuild data/ from ../shared/reference (CHECK=1 only compares)
	@$(RUN) data/build.py $(if $(CHECK),--check)

lock: env ## write requirements.txt and benchmarks/peers.txt (UPGRADE=1 takes newer versions)
	@.venv/bin/uv pip compile pyproject.toml --group book --group test --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet $(if $(UPGRADE),--upgrade) --output-file requirements.txt
	@.venv/bin/uv pip compile benchmarks/peers.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet $(if $(UPGRADE),--upgrade) --output-file benchmarks/peers.txt
	@echo "requirements.txt is new; run make test"

clean: ## remove what was built, and the environment
	rm -rf _build .venv
