# Every target sets up what it needs and is quick the second time.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AUDIT := $(VENV)/audit
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-path bench-engine bench-gateway bench-load bench-sink bench-doors fuzz mutants chaos tokens compose upgrade consumers clickhouse contract audit sbom prometheus package up dashboards boards board-shots docs chart helm released lock format clean attack

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.ready: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (about a minute the first time)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/.ready  ## everything on this machine: make demo ARGS="--once --json"
	@$(BIN)/junction-streams demo $(ARGS)

up: $(VENV)/.ready  ## Kafka and the schema registry alone
	@$(BIN)/junction-streams up $(ARGS)

# Hundreds of processes are started: without .pyc files each compiles all that it imports.
test: export PYTHONDONTWRITEBYTECODE =
test: check  ## all checks, then all tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.ready  ## ruff, mypy, import-linter, and whether every file is in its room
	@$(BIN)/python -m tests.house.rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache

format: $(VENV)/.ready  ## let ruff put things in order
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.ready  ## events/s of gateway and worker
	@$(BIN)/python -m benchmarks $(ARGS)

bench-path: $(VENV)/.ready  ## rate and cost of the path by kind of event: make bench-path ARGS="--profile"
	@$(BIN)/python -m benchmarks path $(ARGS)

bench-engine: $(VENV)/.ready  ## the engine beside stock Faust and Kafka Streams
	@$(BIN)/python -m benchmarks engine $(ARGS)

bench-gateway: $(VENV)/.ready  ## the gateway beside one in Go; needs wrk: make bench-gateway ARGS="--full"
	@$(BIN)/python -m benchmarks gateway $(ARGS)

bench-load: $(VENV)/.ready  ## everything together at steady rates; needs Go: make bench-load ARGS="--full"
	@$(BIN)/python -m benchmarks load $(ARGS)

bench-sink: $(VENV)/.ready  ## our sink beside Debezium's on Kafka Connect: make bench-sink ARGS="--json"
	@$(BIN)/python -m benchmarks sink $(ARGS)

bench-doors: $(VENV)/.ready  ## doors that ask beside a plain loop, from a full queue: make bench-doors ARGS="--json"
	@$(BIN)/python -m benchmarks doors $(ARGS)

fuzz: $(VENV)/.ready  ## hostile bodies for a while: make fuzz ARGS="--seconds 600"
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]' || true
	@$(BIN)/python -m tests.fuzz $(ARGS)

$(VENV)/mutants/.ready: $(VENV)/.ready tests/mutants/requirements.txt
	@$(BIN)/python -m venv --clear $(VENV)/mutants
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $$(echo $(VENV)/mutants/lib/python3*/site-packages)/over.pth
	@$(VENV)/mutants/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/mutants/requirements.txt
	@touch $@

mutants: $(VENV)/mutants/.ready  ## change lines of the pure files, see which test notices: make mutants ARGS="streams/events/signature.py"
	@nice -n 15 $(VENV)/mutants/bin/python -m tests.mutants $(ARGS)

chaos: $(VENV)/.ready  ## kill things and count what is lost
	@$(BIN)/python -m tests.chaos $(ARGS)

attack: $(VENV)/.ready  ## what strangers can do to the gateway while good deliveries go on: make attack ARGS="silent"
	@$(BIN)/python -m tests.attack $(ARGS)

compose: $(VENV)/.ready  ## docker-compose.yml on a Docker Engine, loaded, a worker killed; makes an engine on a Debian that has none
	@$(BIN)/python -m tests.compose $(ARGS)

tokens: $(VENV)/.ready  ## real processes while their logins at Kafka end, and refused (four minutes): make tokens ARGS="--only refusals"
	@$(BIN)/python -m tests.tokens $(ARGS)

upgrade: $(VENV)/.ready  ## does this version go on where another stopped: make upgrade ARGS="CHECKOUT"
	@$(BIN)/python -m tests.upgrade $(ARGS)

$(AUDIT)/.ready: Makefile  # in a folder of its own: its dependencies are none of ours
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@touch $@

audit: $(AUDIT)/.ready  ## known vulnerabilities of what constraints.txt pins; needs the network
	@$(PYTHON) deploy/audit.py $(AUDIT)/bin/pip-audit

$(VENV)/sbom/.ready: Makefile  # in a folder of its own: its dependencies are none of ours
	@$(PYTHON) -m venv --clear $(VENV)/sbom
	@$(VENV)/sbom/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0 pip-licenses==5.5.5
	@touch $@

sbom: $(VENV)/.ready $(VENV)/sbom/.ready  ## what the image installs: parts as CycloneDX, and licences; needs the network
	@mkdir -p build/sbom
	@$(BIN)/python -m deploy.sbom $(VENV)/sbom/bin build/sbom

consumers: $(VENV)/.ready  ## other people's clients on our topics: make consumers ARGS="--list"
	@$(BIN)/python -m tests.consumers $(ARGS)

clickhouse: $(VENV)/.ready  ## ClickHouse on our topics: fetches it, 300 MB
	@$(BIN)/python -c 'import chdb' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[clickhouse]'
	@$(BIN)/python -m pytest tests/consumers/test_clickhouse.py $(ARGS)

$(VENV)/contract/.ready: tests/contract/requirements.txt
	@$(PYTHON) -m venv --clear $(VENV)/contract
	@$(VENV)/contract/bin/python -m pip install --quiet --disable-pip-version-check -r tests/contract/requirements.txt
	@touch $@

contract: $(VENV)/.ready $(VENV)/contract/.ready  ## does the gateway answer as docs/openapi.yaml says: make contract ARGS="--examples 1000"
	@$(BIN)/python -m tests.contract $(VENV)/contract/bin/schemathesis $(ARGS)

# Without service discovery but by DNS: what prometheus.yml uses; the rest is most of what there is to compile.
prometheus: $(VENV)/.ready  ## rules and dashboards on the Prometheus that compose pins, built from its Go module; needs Go
	@cd tests/prometheus/programs && go build -tags "remove_all_sd enable_dns_sd" -ldflags "-s -w" -o $(CURDIR)/$(VENV)/prometheus/ tool
	@$(VENV)/prometheus/amtool check-config deploy/alertmanager/alertmanager.yml
	@PATH="$(CURDIR)/$(VENV)/prometheus:$$PATH" $(BIN)/python -m pytest tests/deploy/test_alerts.py tests/integration/test_rules_rest.py tests/integration/test_panels.py $(ARGS)

package: $(VENV)/.ready  ## wheel and sdist, tried in an environment with nothing else; needs the network
	@$(BIN)/python -m tests.house.package

dashboards: $(VENV)/.ready  ## write Grafana's dashboards anew
	@$(BIN)/python -m deploy.grafana

board-shots: $(VENV)/.ready  ## draw every dashboard as Grafana does; needs chromium, npm: make board-shots ARGS="--help"
	@$(BIN)/python -m deploy.grafana.shots $(ARGS)

boards: $(VENV)/.ready  ## fill docs/dashboards.md from a run of the demo with a real Prometheus
	@$(BIN)/python -m deploy.grafana.render

docs: $(VENV)/.ready  ## write every page of docs/ that is made from the code
	@$(BIN)/python -m docs.make
	@$(BIN)/python -m deploy.helm  # its values are settings, too

chart: $(VENV)/.ready  ## write what is made of the Helm chart: schema of values, alert rules
	@$(BIN)/python -m deploy.helm

$(VENV)/kubernetes/.ready: tests/kubernetes/requirements.txt
	@$(PYTHON) -m venv --clear $(VENV)/kubernetes
	@$(VENV)/kubernetes/bin/python -m pip install --quiet --disable-pip-version-check -r tests/kubernetes/requirements.txt
	@touch $@

helm: $(VENV)/.ready $(VENV)/kubernetes/.ready  ## the Helm chart on real tools; needs Go, and minutes to build them once per user
	@$(BIN)/python -m tests.kubernetes $(ARGS)

released: $(VENV)/.ready  ## write the schemas of this version into avro/released
	@$(BIN)/python -m streams.events.schemas.released

lock: $(VENV)/.ready  ## write constraints.txt from what is installed
	@{ head -1 constraints.txt; $(BIN)/pip freeze --all --exclude pip --exclude-editable | grep -v '^junction-streams'; } > constraints.new && mv constraints.new constraints.txt

clean:  ## remove what the other targets made here (not the user's cache)
	@rm -rf $(VENV) .state .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
