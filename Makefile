# Depmap. `make help` lists the targets; all output goes to out/.
CONFIG     := Release
MACHINE    := $(patsubst x86_64,amd64,$(patsubst aarch64,arm64,$(shell uname -m)))
ARCH       ?= $(MACHINE)
KERNELS    ?= 6.1 6.12
find-llvm   = $(firstword $(shell for v in "" -19 -18 -17 -16 -15 -14; do command -v $(1)$$v; done) $(1))
CLANG      ?= $(call find-llvm,clang)
LLVM_STRIP ?= $(call find-llvm,llvm-strip)
BPF_CFLAGS := -g -O2 -Wall -Werror -target bpf -mcpu=v2 -idirafter /usr/include/$(shell uname -m)-linux-gnu
BPF_SOURCE := $(wildcard bpf/*.c bpf/*.h)
RID        := linux-$(ARCH:amd64=x64)
# The programs for another architecture are linked with the libraries of that architecture.
SYSROOT    := $(if $(filter-out $(MACHINE),$(ARCH)),out/sysroot/$(ARCH))
# CFLAGS: a part of the SDK is compiled for OpenSSL, and has warnings.
PUBLISH    := CFLAGS=-w $(if $(SYSROOT),CMAKE_TOOLCHAIN_FILE=$(CURDIR)/$(SYSROOT)/toolchain.cmake) \
              dotnet publish -c $(CONFIG) -r $(RID) --nologo -v quiet $(SYSROOT:%=-p:SysRoot=$(CURDIR)/%) \
              $(REGISTRY:%=-p:ImageRegistry=%) $(AGENT_DIGEST:%=-p:AgentDigest=%) $(RELAY_DIGEST:%=-p:RelayDigest=%)
# The programs for this machine are put into out/ as well.
install     = $(if $(SYSROOT),,install -m 755 $(addprefix out/publish/$(RID)/,$1) out)

# The SDK of scripts/dotnet-sdk.sh, if it is there, comes first.
export PATH := $(CURDIR)/.dotnet:$(PATH)
# Without it the SDK needs ICU, which a fresh machine does not have.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT := 1
export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

.DEFAULT_GOAL := all

.PHONY: all
all: bpf $(SYSROOT) ## all three programs (ARCH=arm64: in out/publish/linux-arm64/)
	$(PUBLISH) -m Programs.proj
	@$(call install,agent/depmap-agent relay/depmap-relay plugin/kubectl-depmap)

.PHONY: bpf
bpf: out/bpf/depmap.bpf.o out/bpf/places.bpf.o ## the eBPF objects that are embedded in the agent

out/bpf/%.bpf.o: bpf/%.bpf.c $(BPF_SOURCE)
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(LLVM_STRIP) -g $@

out/bpf/%.bpf.o: test/Bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

.PHONY: agent
agent: bpf $(SYSROOT) ## out/depmap-agent
	$(PUBLISH) agent/Depmap.Agent.csproj
	@$(call install,agent/depmap-agent)

.PHONY: relay
relay: $(SYSROOT) ## out/depmap-relay
	$(PUBLISH) relay/Depmap.Relay.csproj
	@$(call install,relay/depmap-relay)

.PHONY: plugin
plugin: $(SYSROOT) ## out/kubectl-depmap
	$(PUBLISH) cmd/Depmap.Plugin.csproj
	@$(call install,plugin/kubectl-depmap)

out/sysroot/%: scripts/sysroot.sh
	@scripts/sysroot.sh $*

.PHONY: image
image: all ## out/images/: agent and relay as OCI archives (as root; ARCH=arm64, REGISTRY=example.com/depmap)
	@scripts/setup.sh image
	@scripts/image.sh agent $(ARCH)
	@scripts/image.sh relay $(ARCH)

# The tests that test-kernels runs in another kernel, which need no SDK. Analysers have seen them in the build of the solution.
.PHONY: guest
guest: all
	$(PUBLISH) -p:RunAnalyzers=false test/kernels/runner -o out/kernels/tests-$(ARCH)

.PHONY: test-kernels
test-kernels: guest ## only the tests in other kernels, emulated (as root; KERNELS="6.1 6.12", ARCH=arm64)
	@scripts/setup.sh $(if $(filter arm64,$(ARCH)),kernels-arm64,kernels)
	KERNELS="$(KERNELS)" ARCH=$(ARCH) dotnet test test/Kernel.Tests -c $(CONFIG) --nologo

# The plugin for each platform. dist.sh has those made that it packs.
PLUGIN_SOURCES := $(shell find chart cmd common proto manifests \( -name bin -o -name obj \) -prune -o -type f -print) \
                  Directory.Build.props Directory.Packages.props Program.props KubernetesClient.Substitutions.xml global.json

out/publish/linux-%/plugin/kubectl-depmap: $(PLUGIN_SOURCES)
	@echo "publishing the plugin for linux-$*"
	@$(MAKE) --no-print-directory plugin ARCH=$(*:x64=amd64)
	@touch $@

out/publish/osx-%/plugin/kubectl-depmap: $(PLUGIN_SOURCES)
	@echo "publishing the plugin for osx-$*"
	@dotnet publish -c $(CONFIG) -r osx-$* --nologo -v quiet cmd/Depmap.Plugin.csproj
	@touch $@

out/publish/win-%/plugin/kubectl-depmap.exe: $(PLUGIN_SOURCES)
	@echo "publishing the plugin for win-$*"
	@dotnet publish -c $(CONFIG) -r win-$* --nologo -v quiet cmd/Depmap.Plugin.csproj
	@touch $@

.PHONY: dist
dist: ## out/dist/: the release of the plugin: archives, sums, SBOM, Krew, Homebrew (PLATFORMS="linux/amd64 ...")
	@scripts/dist.sh $(PLATFORMS)

.PHONY: helm-chart
helm-chart: ## out/chart/: the Helm chart
	@scripts/chart.sh

.PHONY: setup
setup: ## installs the packages that building and testing need (as root)
	@scripts/setup.sh

.PHONY: test
test: ## all tests (as root; KERNELS="6.1 6.12"); ends with "N passed, N failed"
	@KERNELS="$(KERNELS)" scripts/test.sh

.PHONY: test-cluster
test-cluster: image ## only the tests on a real cluster of two nodes (as root)
	dotnet test test/Cluster.Tests -c $(CONFIG) --nologo

.PHONY: demo
demo: setup ## a small shop on this machine with its flows and its map (as root)
	@$(MAKE) --no-print-directory all >&2
	@test/lab/demo

.PHONY: cases
cases: ## the cases of the lab, all or CASE=NAME, with the flows and edges seen (as root, after make all)
	@test/lab/run-cases $(CASE)

.PHONY: bench
bench: setup ## measures the figures and prints each with its limit (as root)
	@$(MAKE) --no-print-directory all >&2
	@test/bench/bench

.PHONY: clean
clean: ## removes all output, but keeps .dotnet/
	rm -rf out
	find . -path './.dotnet*' -prune -o -type d \( -name bin -o -name obj -o -name TestResults \) -prune -exec rm -rf {} +

.PHONY: help
help: ## lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' Makefile
