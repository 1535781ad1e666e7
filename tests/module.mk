# What is tested and how. Everything that runs here runs under ASan and UBSan.
# Rules below name LINK among their prerequisites, which make reads at once: it has to stand above them.
LINK := $(B)/tests/net/link

# First all that has to be made, side by side, one more at a time than there are cores: what npm fetches is waited for. Then the tests.
test: setup-debian-test ## everything CI runs (under 40 minutes on 2 cores)
	@$(MAKE) --no-print-directory -j$$(($$(nproc) + 1)) MODE=asan tested
	@$(MAKE) --no-print-directory --keep-going MODE=asan all-tests

tested: setup-npm-test web programs unit-tests $(LINK) $(B)/tests/bench/load
all-tests: test-unit test-vitest test-fhir test-flow test-soak test-web test-net

LONGEST := $(B)/tests/unit/test_render # it runs beside all the others
test-unit: unit-tests ## unit tests of the C side
	@tests/units.sh $(LONGEST) $(filter-out $(LONGEST),$(UNIT_TESTS))

# Two files at a time: they wait more than they work. What fails (1; 2 is Ctrl-C) is run once more by itself, as each.sh does with
# the browsers' tests.
PYTEST := HOICHAN_BUILD=$(B) /usr/bin/python3 -m pytest -q -o cache_dir=$(CURDIR)/$(B)/pytest
test-flow: programs web setup-npm-test $(B)/tests/bench/load ## the real server with independent peers
	$(PYTEST) -n 2 --dist loadfile tests/flow || { [ $$? = 1 ] && echo "== failed: once more" && \
		$(PYTEST) -rp --last-failed --last-failed-no-failures none tests/flow && echo "UNSTEADY, passed the second time only: the above"; }

test-net: programs web $(LINK) setup-npm-test ## the matrix of bad links
	cd tests && HOICHAN_BUILD=$(B) ./each.sh 900000 net/*.test.mjs

lab: programs web $(LINK) setup-npm-test ## long runs behind bad lines with both browsers: a table, and pictures in build/lab
	cd tests && HOICHAN_BUILD=$(B) node net/long.mjs
	cd tests && HOICHAN_BUILD=$(B) node --test --test-concurrency=1 --test-timeout=900000 net/firefox.long.mjs net/joins.long.mjs net/two_ways.long.mjs

test-web: programs web setup-npm-test $(B)/tests/bench/load ## the real server with Chromium and Firefox
	cd tests && HOICHAN_BUILD=$(B) ./each.sh 600000 web/*.test.mjs

pictures: programs web setup-npm-test ## the README's pictures anew, from the real pages with sample people
	cd tests && HOICHAN_BUILD=$(B) node web/pictures.mjs
	cd tests && HOICHAN_BUILD=$(B) node web/pictures_panel.mjs

test-fhir: setup-npm-test ## what is filed, against a FHIR server that refuses what is invalid
	cd tests && node --test --test-force-exit --test-timeout=300000 'fhir/*.test.mjs'

setup-npm-test: tests/node_modules/.package-lock.json
tests/node_modules/.package-lock.json: tests/package.json tests/package-lock.json | $(NODE_DIR)/node
	@echo "setup: installing npm packages of tests/"
	@cd tests && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

C_FILES = $(shell git ls-files '*.c' '*.h')
lint: setup-test setup-npm-test ## formatting, static analysis, types, the dependency rule
	clang-format --dry-run -Werror $(C_FILES)
	/usr/bin/python3 tests/lint/dependencies.py
	cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j2 \
		--library=gtk --include=tests/lint/cppcheck.h \
		--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -I. $(filter %.c,$(C_FILES))
	printf '%s\n' $(filter %.c,$(C_FILES)) | xargs -P2 -n8 sh -c 'clang-tidy --quiet "$$@" -- $(COMMON) -Wno-unknown-warning-option' tidy
	@$(MAKE) --no-print-directory lint-web
	@tests/lint/longest.sh

# The link laboratory: two namespaces and a bad line between them.
$(LINK): $(B)/tests/net/link.o $(B)/tests/net/shaper.o
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^
$(B)/tests/unit/test_shaper: $(B)/tests/net/shaper.o

# The server with a worker that records what its estimators are told: HOICHAN_BUILD=$(B)-traced
TRACED := $(B)-traced
WRAPPED := $(foreach name,create destroy sent feedback rtt want tick,-Wl,--wrap=bwe_$(name))
$(TRACED)/hoichan-media: $(call obj,media/worker.c) $(B)/tests/net/bwe_trace.o $(LIB_MEDIA) $(LIB_IPC)
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) $(WRAPPED) -o $@ $^ $(WORKER_LIBS)
$(TRACED)/hoichand: $(B)/hoichand
	@mkdir -p $(@D)/tests/net && ln -f $< $@ && ln -f $(LINK) $(@D)/tests/net/link
traced: $(TRACED)/hoichan-media $(TRACED)/hoichand $(LINK)

# The load generator and the floor it is held against.
BENCH := $(B)/tests/bench/load $(B)/tests/bench/floor $(B)/tests/bench/bare $(B)/tests/bench/send_path $(B)/tests/bench/send_ways $(B)/tests/bench/route
ENDPOINT := $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/endpoint*.c) tests/bench/film.c tests/bench/stamp.c tests/bench/gcm.c)
$(B)/tests/bench/load: $(B)/tests/bench/load.o $(ENDPOINT) $(LIB_MEDIA)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS)
$(B)/tests/bench/floor $(B)/tests/bench/bare: $(B)/tests/bench/%: $(B)/tests/bench/%.o $(LIB_MEDIA)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS)
$(B)/tests/bench/send_path $(B)/tests/bench/send_ways $(B)/tests/bench/route: $(B)/tests/bench/%: $(B)/tests/bench/%.o $(LIB_MEDIA)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS)
BENCH += $(B)/tests/bench/relay_path
$(B)/tests/bench/relay_path: $(B)/tests/bench/relay_path.o
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^
BENCH += $(B)/tests/bench/render_call
$(B)/tests/bench/render_call: $(B)/tests/bench/render_call.o $(LIB_RENDER) $(LIB_MEDIA) $(LIB_IPC)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka -lm
bench-programs: $(BENCH)

SOAK ?= 5m
SOAK_BRIEFLY := /usr/bin/python3 tests/soak/soak.py --build $(B) --time 30s
test-soak: programs $(B)/tests/bench/load # the short form
	$(SOAK_BRIEFLY) || { echo "== failed: once more" && $(SOAK_BRIEFLY) && echo "UNSTEADY, passed the second time only: soak.py"; }

soak: setup-test ## thousands of people come and go around a running call, and nothing is left of them (SOAK=8h: for the night)
	@$(MAKE) --no-print-directory MODE=release programs bench-programs
	/usr/bin/python3 tests/soak/soak.py --build build/release --time $(SOAK)

bench: setup-test ## this server beside Debian's Janus and the floor, one table (about 15 minutes; WRITE=1: into tests/bench/README.md)
	@$(MAKE) --no-print-directory MODE=release programs bench-programs
	@dpkg-query -W -f '$${Status}' janus 2>/dev/null | grep -q ' installed' || { echo "setup: installing Debian package: janus"; \
		apt-get -qq -o DPkg::Lock::Timeout=500 install -y --no-install-recommends janus >/dev/null; }
	/usr/bin/python3 tests/bench/bench.py --build build/release $(if $(WRITE),--write)
	/usr/bin/python3 tests/bench/viewers.py --build build/release

bench-join: setup-test setup-npm-test ## from the click to the first picture, as the second, third and ninth in a real browser (about 5 minutes)
	@$(MAKE) --no-print-directory MODE=release programs web bench-programs
	HOICHAN_BUILD=build/release node tests/bench/join.mjs

fuzz: setup-test $(FUZZERS) ## run each fuzzer for FUZZ_SECONDS (60)
	@for f in $(FUZZERS); do n=$$(basename $$f); mkdir -p tests/fuzz/corpus/$$n $(FUZZ)/found/$$n; echo "== $$n"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 -verbosity=0 -artifact_prefix=$(FUZZ)/found/$$n/ \
		$(FUZZ)/found/$$n tests/fuzz/corpus/$$n || exit 1; done

.PHONY: bench-join pictures soak test-soak bench bench-programs test tested all-tests test-unit test-fhir test-flow test-web test-net lab traced fuzz lint setup-npm-test

# What signaling lives in while its rooms are tested.
$(FUZZ)/fuzz_room: $(FUZZ)/tests/unit/room_bench.o
$(FUZZ)/fuzz_transport: FUZZ_LINK := -Wl,--wrap=loop_now_us # the story has a clock of its own
$(B)/tests/unit/test_room $(B)/tests/unit/test_rights $(B)/tests/unit/test_audience $(B)/tests/unit/test_seat $(B)/tests/unit/test_wanted $(B)/tests/unit/test_recorder $(B)/tests/unit/test_whip: $(B)/tests/unit/room_bench.o
$(B)/tests/unit/test_admission: $(B)/tests/unit/room_bench.o
$(B)/tests/unit/test_line: $(B)/tests/unit/room_bench.o
$(B)/tests/unit/test_line_test: $(B)/tests/unit/room_bench.o
$(B)/tests/unit/test_stills: $(B)/tests/unit/room_bench.o
$(B)/tests/unit/test_codecs: $(B)/tests/unit/room_bench.o
$(B)/tests/unit/test_captions: $(B)/tests/unit/room_bench.o
