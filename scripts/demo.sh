#!/usr/bin/env bash
# Evaluates every pretrained model on its data set: bash scripts/demo.sh [evaluation=published]
set -uo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || { echo "error: install first: make setup" >&2; exit 1; }
failed=0
for run in outputs/pretrained/*/*/; do
    echo "== ${run#outputs/pretrained/}"
    "$python" scripts/evaluate.py run="${run%/}" "$@" || failed=1
done
exit $failed
