#!/bin/bash
# Runs test files one after another: tests/each.sh TIMEOUT_MS FILE...   A test that takes longer than that has failed.
# A file that fails is run once more by itself. Real browsers on two busy cores now and then do what they do not do twice, and that
# must not hide behind a red run nor make one; a fault fails both times. What failed, once or twice, is named at the end.
timeout=$1; shift
unsteady=() failed=()
notes=$(mktemp)

# A file ends with its last test, whatever that left open; stopped half-way it takes its browsers and servers with it.
run() {
  node --test --test-force-exit --test-timeout="$timeout" --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$notes" "$1" &
  running=$!
  wait "$running"
}
stop() {
  trap - INT TERM
  kill "$running" 2>/dev/null && wait "$running"
  rm -f "$notes"
  echo "== stopped in the middle"
  exit 130
}
trap stop INT TERM
names() { sed -nE 's/^ *not ok [0-9]+ - (.*)/    \1/p' "$notes" | sort -u; }

for file in "$@"; do
  began=$SECONDS
  if ! run "$file"; then
    what=$(names)
    echo "== $file failed: once more"
    if run "$file"; then unsteady+=("$file" "$what"); else failed+=("$file" "$what"); fi
  fi
  echo "== $file: $((SECONDS - began)) s"
done
rm -f "$notes"
[ ${#unsteady[@]} = 0 ] || { echo "UNSTEADY, passed the second time only:"; printf '  %s\n%s\n' "${unsteady[@]}"; }
[ ${#failed[@]} = 0 ] || { echo "FAILED twice:"; printf '  %s\n%s\n' "${failed[@]}"; }
[ ${#failed[@]} = 0 ]
