#!/usr/bin/env bash
# Evaluates every pretrained model on its data set: bash scripts/demo.sh [evaluation=published]
set -uo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || { echo "error: install first: make setup" >&2; exit 1; }
failed=0
for runs in outputs/pretrained/*/; do
    dataset=$(basename "$runs")
    if ! "$python" -m bam prepare dataset="$dataset"; then
        echo "skipped: $runs, as $dataset cannot be prepared here"
        continue
    fi
    for run in "$runs"*/; do
        echo "== ${run#outputs/pretrained/}"
        "$python" -m bam evaluate run="${run%/}" "$@" || failed=1
    done
done
exit $failed
