#!/usr/bin/env bash
#
# Tests the API of a running agent against its OpenAPI document with Schemathesis.
#
#   tests/api/run.sh http://127.0.0.1:9095 [TOKEN_FILE [FILE...]]
#
# The first token of TOKEN_FILE is sent. The lines of a stream, and those in each FILE, are checked against docs/event.schema.json. Ends with 0 if nothing was found. SECONDS_MAX bounds each of the two runs (default 240).
# Schemathesis lives in a virtual environment of its own under ~/.cache/syscope.

set -euo pipefail

VERSION=4.32.5
SECONDS_MAX=${SECONDS_MAX:-240}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
url=${1:?"usage: $0 BASE_URL [TOKEN_FILE]"}
url=${url%/}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/syscope/schemathesis/$VERSION

if [[ ! -e $cache/complete ]]; then
	rm -rf "$cache"
	mkdir -p "$cache"
	python3 -m venv "$cache/venv"
	"$cache/venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"
	touch "$cache/complete"
fi

token=
arguments=(--config-file "$here/schemathesis.toml" run "$url/openapi.json" --url "$url" --no-color)
if [[ -n ${2:-} ]]; then
	token=$(grep -vE '^[[:space:]]*(#|$)' "$2" | head -n 1)
	arguments+=(--header "Authorization: Bearer $token")
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

check() {
	timeout --kill-after 10 "$SECONDS_MAX" "$cache/venv/bin/schemathesis" "${arguments[@]}" "$@"
}

# A job's events end with the job, so their route is asked only for jobs that do not exist: not in the run that follows a job
# from its creation to its end.
check --exclude-operation-id watchTrace
check --include-operation-id watchTrace --phases examples,coverage,fuzzing
"$cache/venv/bin/python" "$here/lines.py" "$here/../../docs/event.schema.json" "$url" "$token" "${@:3}"
