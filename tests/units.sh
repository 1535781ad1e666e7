#!/bin/bash
# Runs unit tests, two at a time: tests/units.sh PROGRAM...   Each leaves what it printed in PROGRAM.log.
# One that fails is run once more, as each.sh does with the browsers' tests; its first words stay in PROGRAM.first.log.
once() { timeout 600 "$1" >"$1.log" 2>&1; }
twice() {
  once "$1" && return
  cp "$1.log" "$1.first.log"
  once "$1" && { echo "UNSTEADY, passed the second time only: $1"; return; }
  printf 'FAILED %s\n%s\n' "$1" "$(tail -40 "$1.log")"
  return 1
}
export -f once twice
printf '%s\n' "$@" | xargs -P 2 -I {} bash -c 'twice {}'
result=$?
echo "unit: $# programs, $([ $result = 0 ] && echo all passed || echo some failed)"
exit $result
