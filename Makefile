# Tantalum: what a person types. Each line calls one script in tools/, which says what it needs and why.
.DEFAULT_GOAL := help
.PHONY: help run test explore sweep soak qemu conformance linux-ffa lint bench debug tutorial clean
SCENARIO ?= flow

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run SCENARIO (default: flow) in the simulator and show who said what to whom
	@tools/run $(SCENARIO)

test: ## Run every test that needs no QEMU
	@tools/test

explore: ## Run the races of two cores in the simulator under every schedule with a few preemptions (PREEMPTIONS=2; SCENARIO=name: one scenario)
	@tools/explore $(if $(filter command line environment,$(origin SCENARIO)),"$(SCENARIO)",--all) --preemptions $(or $(PREEMPTIONS),2)

sweep: ## Have interrupts of each kind come at as many points of all scenarios as MINUTES=10 allow (SEED=1; SCENARIO=name: one scenario)
	@tools/sweep $(if $(filter command line environment,$(origin SCENARIO)),--scenario "$(SCENARIO)") --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1)

soak: ## Play a million random cases of broken manifests, packages and boots (SEED=1; COUNT=n: so many)
	@tools/soak --seed $(or $(SEED),1) --count $(or $(COUNT),1000000)

qemu: ## Boot every scenario under TF-A in QEMU and compare with the simulator (BL32=file: another SPMC; SCENARIO=name: one)
	@tools/qemu $(if $(BL32),--bl32 "$(BL32)") $(if $(filter command line environment,$(origin SCENARIO)),--scenario "$(SCENARIO)")

conformance: ## Say which rules of FF-A the scenarios show, on both machines and without the lines that enforce them (STRICT=1: all of them; RULE=id: that rule, or group, in the simulator)
	@tools/conformance $(if $(STRICT),--strict) $(addprefix --rule ,$(RULE))

linux-ffa: ## Boot Debian's Linux above us: its FF-A driver finds our partitions, four CPUs exchange messages with them (also under pKVM; LOAD=60: for a minute each)
	@LOAD="$(LOAD)" tools/linux-ffa

lint: ## Check format, lints, dependencies, licences and the built images
	@tools/lint

bench: ## Print the figures that the README states, one a line (PROFILE=1: and which functions they are in)
	@tools/bench $(if $(PROFILE),--profile)

debug: ## Boot SCENARIO in QEMU, stopped, and wait for gdb
	@tools/debug $(SCENARIO)

tutorial: ## Type the commands of docs/first-partition.md and compare what they print
	@tools/tutorial

clean: ## Remove everything that was built, and TF-A's source
	rm -rf build target
