# jobnode: everything a person types. A fresh machine needs the .NET SDK of global.json, make and apt-get; what else
# is missing is installed once (scripts/install-tools.sh looks first).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

PORT ?= 5000
CLUSTER_PORT ?= 5001
DATA ?= artifacts/data
TIME ?= 10m
MINUTES ?= 5
CHAOS_PROGRAM := artifacts/chaos-program/jobnode-chaos.dll
CHAOS_SOURCES := $(wildcard src/JobNode.Chaos/*.cs* src/JobNode.Chaos/*/*.cs)

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE := 1
export DOTNET_CLI_USE_MSBUILD_SERVER := 0
export MSBUILDDISABLENODEREUSE := 1

SHARED_SOURCES := Directory.Build.props Directory.Packages.props global.json .editorconfig
SOURCES := $(SHARED_SOURCES) $(shell find src -type f \
	\( -name '*.cs' -o -name '*.csproj' -o -name '*.go' -o -name '*.s' -o -name '*.h' \
	-o -name '*.targets' -o -name '*.xml' -o -path '*/Api/*.json' \) \
	-not -path '*/obj/*' -not -path '*/bin/*' -not -path 'src/JobNode.Tests/*')

.PHONY: help run test docs publish bench chaos fuzz mutants lint clean tools-build tools-test tools-bench tools-lint

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: publish ## start one node on port 5000 (PORT=, CLUSTER_PORT=, DATA=)
	@bash scripts/run.sh artifacts/jobnode "$(PORT)" "$(CLUSTER_PORT)" "$(DATA)"

test: tools-test publish artifacts/jobnode-previous $(CHAOS_PROGRAM) ## run every test; ends with "N passed, N failed"
	@bash scripts/test.sh "$(FILTER)"

docs: tools-build ## write the files that are made from the code (tests fail while they are stale)
	@JOBNODE_REWRITE=1 bash scripts/test.sh Makes=Documents

publish: tools-build artifacts/jobnode artifacts/jobnode-simulation ## write the native binary artifacts/jobnode

bench: tools-bench publish ## measure against peers, write bench/RESULTS.md (ROUNDS=, QUICK=1, ONLY=hash,queue,jobs)
	@ROUNDS="$(ROUNDS)" QUICK="$(QUICK)" ONLY="$(ONLY)" bash scripts/bench.sh

mutants: tools-build ## plant mistakes in the product, see that the simulation finds each within MINUTES=5
	@bash scripts/mutants.sh "$(MINUTES)"

fuzz: tools-build ## read bytes that nobody should have written, guided by coverage (TIME=10m, SEED=, TARGET=)
	@SEED="$(SEED)" TARGET="$(TARGET)" bash scripts/fuzz.sh "$(TIME)"

chaos: tools-test publish $(CHAOS_PROGRAM) ## try to break it (TIME=, SEED=, NODES=, FAULTS=, SCHEDULES=)
	@SEED="$(SEED)" NODES="$(NODES)" FAULTS="$(FAULTS)" SCHEDULES="$(SCHEDULES)" bash scripts/chaos.sh "$(TIME)"

lint: tools-lint tools-build ## formatting, analyzers, scripts, Go, AOT: zero findings
	@bash scripts/lint.sh

clean: ## remove what was built; keeps the data directory
	@find artifacts -mindepth 1 -maxdepth 1 -not -name data -exec rm -rf {} + 2>/dev/null || true
	@find src bench tools -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} + 2>/dev/null || true
	@if [ -d "$(DATA)" ]; then echo "kept the node's data in $(DATA); remove it yourself if you mean to"; fi

tools-build:
	@bash scripts/install-tools.sh build

tools-test:
	@bash scripts/install-tools.sh test

tools-bench:
	@bash scripts/install-tools.sh bench

tools-lint:
	@bash scripts/install-tools.sh lint

artifacts/jobnode: $(SOURCES)
	@bash scripts/publish.sh src/JobNode jobnode "$@"

# The program as it was before the newest feature level, for the test of a rolling upgrade.
artifacts/jobnode-previous: $(SOURCES)
	@bash scripts/publish.sh src/JobNode jobnode "$@" -p:FeatureLevel=2 -p:VersionPrefix=0.0.9

artifacts/jobnode-simulation: $(SOURCES)
	@bash scripts/publish.sh src/JobNode.Simulation jobnode-simulation "$@"

# An ordinary program: it starts the native one.
$(CHAOS_PROGRAM): $(SHARED_SOURCES) $(CHAOS_SOURCES)
	@dotnet publish src/JobNode.Chaos -c Release -o artifacts/chaos-program --disable-build-servers \
		-nodeReuse:false -v quiet --nologo
	@touch "$@"
