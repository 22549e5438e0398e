# Every target sets up what it needs and works as root or as a user with sudo.

.PHONY: help run test test-unit test-privileged test-agent test-kernels test-cluster test-load bench fmt lint doc clean
.DEFAULT_GOAL := help

help:
	@echo 'make run              trace this machine for a few seconds, then say what to try next'
	@echo 'make test             build and run all tests, the privileged ones as root'
	@echo 'make test-unit        only the tests that need no privilege'
	@echo 'make test-privileged  only the tests that load programs into the kernel'
	@echo 'make test-agent       test the node agent from outside: its page in a browser, its API, under load'
	@echo 'make test-kernels     boot four kernels in virtual machines and test inside (needs no KVM)'
	@echo 'make test-cluster     test with real pods, in a Kubernetes cluster of one node made for it'
	@echo 'make test-load        load and abuse a node agent, four minutes or so (ARGS=--quick: shortly)'
	@echo "make bench            measure Syscope side by side with its peers (ARGS=--quick: shortly)"
	@echo 'make fmt              format the Rust and C sources'
	@echo 'make lint             check formatting, lints, documentation and licences'
	@echo 'make doc              build the documentation of the crates'
	@echo 'make clean            remove what was built'

run:
	@scripts/setup.sh --build --quiet
	@scripts/run.sh

test:
	@scripts/setup.sh --quiet
	@scripts/test.sh

test-unit:
	@scripts/setup.sh --quiet
	@scripts/test.sh unit

test-privileged:
	@scripts/setup.sh --quiet
	@scripts/test.sh privileged

test-agent:
	@scripts/setup.sh --quiet --browser
	@tests/agent/run.sh $(ARGS)

test-kernels:
	@scripts/setup.sh --quiet --ci
	@scripts/test-kernels.sh $(ARGS)

test-cluster:
	@scripts/setup.sh --quiet --cluster
	@tests/cluster/run.sh

test-load:
	@scripts/setup.sh --quiet
	@scripts/test-load.sh $(ARGS)

bench:
	@scripts/setup.sh --quiet --bench
	@scripts/bench.sh $(ARGS)

fmt:
	@scripts/setup.sh --quiet --ci
	@scripts/fmt.sh

lint:
	@scripts/setup.sh --quiet --ci
	@scripts/checks.sh

doc:
	@scripts/setup.sh --quiet --build
	@cargo doc --workspace --no-deps

clean:
	@cargo clean
