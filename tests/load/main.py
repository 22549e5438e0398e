"""The load tests; run.sh says how."""

import argparse
import signal
import sys

import abuse
import leases
import load
import rest
import scrape
from agent import Checks

PARTS = {"load": load, "leases": leases, "abuse": abuse, "scrape": scrape, "rest": rest}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--calls", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=int, help="how long the load lasts")
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *PARTS])
    args = parser.parse_args()
    load.SECONDS = args.seconds or (10 if args.quick else 60)
    # So that what was begun is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    checks = Checks()
    for name in args.parts or PARTS:
        try:
            PARTS[name].run(checks, args.binary, args.calls, args.quick)
        except (AssertionError, OSError) as error:
            checks(f"{name} runs to its end", False, f"{type(error).__name__}: {error}")
    print(f"\n{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
