# Targets for people: demo, test, lint, unit, e2e, tickets, imaging, molecule, sanity, artifact, newest, benchmark,
# build, clean.
#
#   make test PYTEST_ARGS="tests/unit/register -k mac"    a part of the tests
#   make test-slow                                        what takes minutes: thirty kills of a patrol, kills of a room run, broken off images, AWX
#   make test-imaging                                     rooms of emulated PCs, with the real Clonezilla (Debian, root)
#   make weeks WEEKS_ARGS="--seeds 5 campus"              four simulated weeks: 20 seeds under each preset without it
#   make demo PYTHON=/path/to/python3.12                  another Python
#
# scripts/env makes the virtual environment under .venv/ and explains itself when it cannot.

.DEFAULT_GOAL := help
.PHONY: help demo test lint unit e2e tickets imaging molecule sanity artifact newest test-imaging test-slow weeks benchmark build clean

export PYTHON PYTEST_ARGS
# Hundreds of processes load the same modules: these are compiled once, whatever the surroundings want.
export PYTHONDONTWRITEBYTECODE =
RUN = set -e; PY=$$(scripts/env main); PATH="$$(dirname "$$PY"):$$PATH"; export PATH; LC_ALL=C.UTF-8; export LC_ALL;

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

demo:
	@$(RUN) exec "$$PY" -m lab.demo

test:
	@$(RUN) exec "$$PY" scripts/test.py

lint unit e2e tickets imaging molecule artifact newest:
	@$(RUN) exec "$$PY" scripts/test.py $@

sanity:
	@$(RUN) exec "$$PY" scripts/sanity.py

test-imaging:
	@$(RUN) scripts/services imaging clonezilla; exec "$$PY" -m pytest tests/imaging $(IMAGING_ARGS)

test-slow:
	@$(RUN) exec "$$PY" -m pytest tests -m slow $(SLOW_ARGS)

weeks:
	@$(RUN) exec "$$PY" -m tests.weeks $(WEEKS_ARGS)

benchmark:
	@$(RUN) exec "$$PY" benchmarks/patrol.py

build:
	@$(RUN) exec ansible-galaxy collection build --force --output-path build

clean:
	rm -rf .venv .cache .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache build
