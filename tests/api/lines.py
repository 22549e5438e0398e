#!/usr/bin/env python3
"""Checks lines of events against docs/event.schema.json: those of files, and those of a job's stream.

    lines.py SCHEMA BASE_URL TOKEN FILE...

Needs jsonschema_rs, which Schemathesis brings. Ends with 1 and says which line is not specified, or that a kind of line did not come.
"""

import collections
import json
import sys
import urllib.request

import jsonschema_rs


def request(url, token, body=None, method=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60)


def stream(url, token):
    """The lines of a job from its first event to its account."""
    spec = {"maxEvents": 200, "sampleRate": 2, "lease": "1m"}
    with request(f"{url}/api/v1/traces", token, spec) as answer:
        job = json.load(answer)["id"]
    try:
        with request(f"{url}/api/v1/traces/{job}/events", token) as answer:
            return answer.read().decode().splitlines()
    finally:
        request(f"{url}/api/v1/traces/{job}", token, method="DELETE").close()


def main():
    schema, url, token, *files = sys.argv[1:]
    with open(schema, encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema_rs.validator_for(schema)
    sources = {"the stream": stream(url, token)}
    for name in files:
        with open(name, encoding="utf-8") as file:
            sources[name] = file.read().splitlines()
    wrong = 0
    kinds = collections.Counter()
    for name, lines in sources.items():
        for number, line in enumerate(lines, 1):
            value = json.loads(line)
            kinds[value["type"] + (" at the end" if value.get("final") else "")] += 1
            if not validator.is_valid(value):
                wrong += 1
                words = "; ".join(error.message for error in validator.iter_errors(value))
                print(f"{name}, line {number}: {line[:500]}\n    {words[:500]}")
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    missing = {"syscall", "exec", "exit", "summary", "loss at the end"} - set(kinds) if files else set()
    if missing:
        print(f"no line of {', '.join(sorted(missing))}")
    return 1 if wrong or missing else 0


sys.exit(main())
