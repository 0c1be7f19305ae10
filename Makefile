# Evenflow. `make run` and `make test` are all a newcomer needs: Go and make.
.DEFAULT_GOAL := build
CASES ?= ../shared/cases
GO    ?= go
KILLS ?= 100

.PHONY: run test setup check bench bench-peers conformance soak build web screenshots

# The demo city: virtual plant, real Modbus, service and page on 127.0.0.1:8080.
run: build
	./evenflow demo

build:
	$(GO) build -o evenflow ./cmd/evenflow

# All tests. The browser and Modbus-peer tests need Debian packages; setup says
# which and installs them where it may (NO_INSTALL=1 refuses).
test: setup
	$(GO) vet ./...
	$(GO) test $$($(GO) list ./... | grep -v '/cmd/evenflow$$')
	$(GO) test ./cmd/evenflow # alone: a browser, a plant and a service want the machine

setup:
	@sh .ci/setup

# What a reviewer runs besides the tests: format, races, the page's bundle.
check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt needed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) mod verify
	$(GO) test -race ./scada/telemetry ./scada/live ./scada/plc ./scada/journal ./scada/store ./scada/auth
	$(GO) test -race -skip 'KilledAnywhere|MadOptimiser' ./scada/dispatch
	@sh .ci/bundle
	@$(MAKE) soak KILLS=10

bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./solver/...

# EPANET (epanet-js) beside us on the same files, in turns. Needs Node.
bench-peers: build
	cd cmd/evenflow/peers && npm ci --silent --no-audit --no-fund
	./evenflow bench --peer "node cmd/evenflow/peers/epanet.mjs" --nodes 50000,100000 $(wildcard $(CASES)/epanet/gen/*.inp $(CASES)/epanet/inp/*.inp)

# The reference cases, read from where they are; absent: said, and no failure.
conformance: build
	@if [ -d "$(CASES)" ]; then ./evenflow verify "$(CASES)"; else echo "reference cases not found at $(CASES): nothing verified"; fi

# kill -9 of the service at any moment of a write, again and again.
soak: build
	$(GO) test -count=1 -timeout 60m -run '^TestSoak$$' -v ./cmd/evenflow -args -kills=$(KILLS)

# Rebuild the page's bundle (needs Node; make run does not).
web:
	cd scada/web && npm ci && npm run build

# Take the pictures of docs/screenshots anew, from the browser tests.
screenshots: setup
	EVENFLOW_SCREENSHOTS=$(CURDIR)/docs/screenshots $(GO) test -count=1 -run '^TestPage$$' ./cmd/evenflow
