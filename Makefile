# 两条命令 / two commands: `make run` starts a region, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test examples lint unit browser bench fuzz openapi migration requirements fonts vendor demo clean

run:
	$(PYTHON) tools/setup.py run
	YINXIN_LOG__FORMAT=$${YINXIN_LOG__FORMAT:-console} $(BIN)/yinxin serve --sample

test:
	$(PYTHON) tools/setup.py test
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit

examples:
	$(PYTHON) tools/setup.py examples
	$(BIN)/python examples/register.py

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit:
	$(BIN)/pytest -n 2 --dist worksteal

bench:
	$(PYTHON) tools/setup.py test
	$(BIN)/python -m bench

# seconds for each target: make fuzz FUZZ_SECONDS=600
fuzz:
	$(BIN)/uv pip install --quiet --python $(BIN)/python atheris==3.0.0
	$(BIN)/python -m tests.fuzz.run $(or $(FUZZ_SECONDS),60)

openapi:
	$(BIN)/yinxin openapi --write openapi.yaml

migration:
	$(BIN)/python tools/make_migration.py

requirements:
	$(BIN)/python tools/make_requirements.py

fonts:
	$(BIN)/python tools/make_fonts.py

vendor:
	$(BIN)/python tools/vendor_npm.py

demo:
	$(PYTHON) tools/setup.py run
	$(BIN)/yinxin demo --out build/demo

clean:
	rm -rf build var .pytest_cache .mypy_cache .ruff_cache .hypothesis
