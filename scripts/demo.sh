#!/usr/bin/env bash
# Tests every pretrained model, beside published figures: bash scripts/demo.sh [evaluation=clean]
set -uo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || { echo "error: install first: make setup" >&2; exit 1; }
failed=0
evaluate() {  # one run, with these options
    echo "== ${1#outputs/pretrained/} ${*:2}"
    "$python" -m bam evaluate run="$1" "${@:2}" || failed=1
}
for runs in outputs/pretrained/*/; do
    dataset=$(basename "$runs")
    if ! "$python" -m bam prepare dataset="$dataset"; then
        echo "skipped: $runs, as $dataset cannot be prepared here"
        continue
    fi
    for run in "$runs"*/; do
        if [ $# -gt 0 ]; then
            evaluate "${run%/}" "$@"
        else
            # as BaM's program ranks, which no model can that gives probabilities
            [ "$(basename "$run")" = best ] || evaluate "${run%/}" evaluation=published
            evaluate "${run%/}" evaluation=clean
        fi
    done
done
exit $failed
