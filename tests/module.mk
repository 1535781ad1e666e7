# What is tested and how. Everything that runs here runs under ASan and UBSan.
test: setup-test ## everything CI runs (under 40 minutes on 2 cores)
	@$(MAKE) --no-print-directory MODE=asan test-unit

test-unit: unit-tests ## unit tests of the C side
	@failed=0; passed=0; for t in $(UNIT_TESTS); do \
		if $$t >$$t.log 2>&1; then passed=$$((passed + 1)); else failed=$$((failed + 1)); echo "FAILED $$t"; tail -40 $$t.log; fi; \
	done; echo "unit: $$passed passed, $$failed failed"; [ $$failed = 0 ]

# The link laboratory: two namespaces and a bad line between them.
LINK := $(B)/tests/net/link
$(LINK): $(B)/tests/net/link.o $(B)/tests/net/shaper.o
	$(CC) $(LDFLAGS) -o $@ $^
$(B)/tests/unit/test_shaper: $(B)/tests/net/shaper.o

fuzz: setup-test $(FUZZERS) ## run each fuzzer for FUZZ_SECONDS (60)
	@for f in $(FUZZERS); do n=$$(basename $$f); mkdir -p tests/fuzz/corpus/$$n $(FUZZ)/found/$$n; echo "== $$n"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 -verbosity=0 -artifact_prefix=$(FUZZ)/found/$$n/ \
		$(FUZZ)/found/$$n tests/fuzz/corpus/$$n || exit 1; done

.PHONY: test test-unit fuzz
