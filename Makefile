# gridwatch: run, test, measure, install. Everything that is missing is installed from Debian's packages, and named.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

RELEASE := --configuration release --scratch-path .build-release
IMPORTS := --explicit-target-dependency-import-check error
PREFIX ?= /usr/local
DESTDIR ?=
BIN := .build-release/release

# What the product needs to build and run.
PACKAGES := libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libmosquitto-dev libsqlite3-dev libminizip-dev pkg-config \
	mosquitto ffmpeg libjs-leaflet libjs-leaflet.markercluster bootstrap-icons fonts-noto-cjk
# What only the tests need: a browser, an independent RTSP server, another MQTT client, checks of the units and pages.
TEST_PACKAGES := mosquitto-clients chromium chromium-driver python3 python3-gi gir1.2-gst-rtsp-server-1.0 \
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-tools gstreamer1.0-plugins-base-apps node-typescript openssl systemd

# What the benchmarks compare with.
BENCH_PACKAGES := motion

# Runs the tests that $(1) chooses; what failed is said again at the end, where it is found.
define tests
	@mkdir -p .build && echo "swift test --skip-build $(1)" && { \
		swift test --skip-build $(1) 2>&1 | tee .build/tests.log || { \
		echo; echo "What failed:"; grep -A12 -E 'recorded an issue|: error: | failed after ' .build/tests.log | \
		grep -vE 'passed after| started' | tail -n 120; exit 1; }; }
endef

.PHONY: help run test bench soak fuzz install format lint swift packages test-packages bench-packages build demo

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: packages ## Install what is missing, build, start a complete centre with generated cameras
	swift build $(RELEASE) --product gridwatch
	exec $(BIN)/gridwatch demo

demo: run

build: packages ## Build release
	swift build $(RELEASE) --product gridwatch

test: packages test-packages lint ## Install what is missing, build, run every test
	python3 Tests/Checks/check_imports.py
	swift build --build-tests $(IMPORTS)
	$(call tests,--skip 'CaptureTests|gridwatchTests|TelemetryTests')
	# A service, a broker and its deadlines would starve beside what computes for minutes.
	$(call tests,--filter TelemetryTests)
	# Tests of whole processes have the machine to themselves.
	$(call tests,--no-parallel --filter 'CaptureTests|gridwatchTests')

bench: packages test-packages bench-packages ## Run the benchmarks and print the table of Benchmarks/README.md
	swift build $(RELEASE) --product gridwatch
	swift build $(RELEASE) --product sampling-bench
	swift build $(RELEASE) --product base-bench
	swift build $(RELEASE) --product case-bench
	swift build $(RELEASE) --product series-bench
	cd Benchmarks && swift build --configuration release --scratch-path ../.build-bench
	.build-bench/release/gridwatch-bench
	$(BIN)/base-bench
	$(BIN)/case-bench
	$(BIN)/series-bench
	python3 Benchmarks/recording.py $(BIN)/gridwatch
	python3 Benchmarks/sampling.py
	python3 Benchmarks/idle.py $(BIN)/gridwatch
	python3 Benchmarks/capacity.py $(BIN)/gridwatch
	python3 Benchmarks/capacity_analyse.py $(BIN)/gridwatch
	python3 Benchmarks/telemetry.py $(BIN)/gridwatch
	python3 Benchmarks/consoles.py $(BIN)/gridwatch

soak: packages test-packages ## Long runs, and every test of the lower layers under the address and thread sanitizers
	swift build $(RELEASE) --product gridwatch
	swift build --build-tests
	GRIDWATCH_SOAK=1 GRIDWATCH_EXECUTABLE=$(CURDIR)/$(BIN)/gridwatch \
		swift test --skip-build --no-parallel --filter 'FourClipsTests|KilledCaptureTests|KilledTelemetryTests|Endurance|ReportRouteTests'
	GRIDWATCH_TEST_TRANSPORT=libav swift test --skip-build --no-parallel --filter CaptureTests
	GRIDWATCH_SOAK=1 GRIDWATCH_EXECUTABLE=$(CURDIR)/$(BIN)/gridwatch \
		swift test --skip-build --filter \
			'RecordingTests|ArchiveTests|AnalysisTests|StoreTests|DomainTests|CasesTests|TelemetryTests'
	python3 Tests/Soak/hostile.py $(BIN)/gridwatch
	$(MAKE) fuzz
	@# A sanitizer's shadow is larger than the memory that a render process may have (RenderedArchiveTests).
	ASAN_OPTIONS=suppressions=$(CURDIR)/Tests/Soak/asan.supp LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Soak/lsan.supp \
		swift test --scratch-path .build-asan --sanitize=address --skip 'CaptureTests|gridwatchTests|TelemetryTests|RenderedArchiveTests'
	ASAN_OPTIONS=suppressions=$(CURDIR)/Tests/Soak/asan.supp LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Soak/lsan.supp \
		swift test --skip-build --scratch-path .build-asan --sanitize=address --filter TelemetryTests
	@# libavformat cancels its thread for UDP, which the thread sanitizer doesn't survive (SourceKindTests).
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Soak/tsan.supp \
		swift test --scratch-path .build-tsan --sanitize=thread --skip 'CaptureTests|gridwatchTests|TelemetryTests|RenderedArchiveTests|SourceKindTests'
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Soak/tsan.supp \
		swift test --skip-build --scratch-path .build-tsan --sanitize=thread --filter TelemetryTests

# How long each run of the fuzzing takes, in seconds. What it has found stays in .build-fuzz/corpus.
FUZZ_SECONDS ?= 600

fuzz: packages ## Coverage-guided fuzzing (libFuzzer) of what we parse ourselves, FUZZ_SECONDS long (FUZZ_ONLY=13: one parser)
	mkdir -p .build-fuzz/corpus
	GRIDWATCH_FUZZ=1 swift build --scratch-path .build-fuzz --product gridwatch-fuzz -Xswiftc -sanitize=fuzzer
	.build-fuzz/debug/gridwatch-fuzz .build-fuzz/corpus -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=5 \
		-rss_limit_mb=1024 -artifact_prefix=.build-fuzz/ -print_final_stats=1

format: swift ## Format every Swift file
	swift format --in-place --recursive --parallel Sources Tests Benchmarks/Sources Package.swift

lint: swift
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

install: ## Install the release build, the units and the user they run as (PREFIX, DESTDIR)
	test -x $(BIN)/gridwatch || { echo "Nothing is built yet: run 'make build' first." >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/lib/gridwatch $(DESTDIR)$(PREFIX)/bin $(DESTDIR)/etc/systemd/system \
		$(DESTDIR)/usr/lib/sysusers.d $(DESTDIR)/etc/gridwatch
	install -m 755 $(BIN)/gridwatch $(DESTDIR)$(PREFIX)/lib/gridwatch/gridwatch
	cp -r $(BIN)/*.resources $(DESTDIR)$(PREFIX)/lib/gridwatch/
	ln -sfn ../lib/gridwatch/gridwatch $(DESTDIR)$(PREFIX)/bin/gridwatch
	for unit in systemd/*.service systemd/*.target; do \
		sed 's|@PREFIX@|$(PREFIX)|g' "$$unit" > $(DESTDIR)/etc/systemd/system/"$$(basename "$$unit")"; done
	install -m 644 systemd/gridwatch.sysusers $(DESTDIR)/usr/lib/sysusers.d/gridwatch.conf
	@echo "Next: systemd-sysusers && systemctl daemon-reload; put the site file at /etc/gridwatch/site.yaml, then"
	@echo "systemctl enable --now gridwatch.target  (docs/operation.md tells the rest)"

swift:
	@command -v swift >/dev/null || { echo "Swift is missing. Install Swift 6.3 from https://www.swift.org/install/linux/ and put it on PATH." >&2; exit 1; }
	@swift --version 2>/dev/null | grep -qE 'Swift version (6\.[3-9]|[7-9])' || { echo "Swift 6.3 or newer is needed; this is: $$(swift --version 2>/dev/null | head -1)" >&2; exit 1; }

# Installs the packages of $(1) that are missing and says which; without root it names the command to run.
define install_packages
	@if ! command -v dpkg-query >/dev/null; then \
		echo "This needs Debian 12 or a relative of it, with these packages: $(1)" >&2; exit 1; fi; \
	missing=(); for package in $(1); do \
		[ "$$(dpkg-query -W -f='$${db:Status-Status}' "$$package" 2>/dev/null || true)" = installed ] || missing+=("$$package"); \
	done; \
	[ $${#missing[@]} -gt 0 ] || exit 0; \
	echo "Missing Debian packages: $${missing[*]}"; \
	root=(env); if [ "$$(id -u)" -ne 0 ]; then \
		if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then root=(sudo); \
		else echo "They can't be installed without root. Run: sudo apt-get install $${missing[*]}" >&2; exit 1; fi; fi; \
	"$${root[@]}" apt-get update -qq; \
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}"
endef

packages: swift
	$(call install_packages,$(PACKAGES))

test-packages:
	$(call install_packages,$(TEST_PACKAGES))

bench-packages:
	$(call install_packages,$(BENCH_PACKAGES))
