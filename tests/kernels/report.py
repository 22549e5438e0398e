#!/usr/bin/env python3
"""Reads what virtual machines have reported, see guest/init and guest/tests.sh for the lines.

    report.py run NAME STATUS DIRECTORY   the tests of one machine; STATUS is how it ended: 0, or
                                          124 when it was stopped for taking too long
    report.py page PAGE DIRECTORY...      PAGE with its table made anew from the facts of all of them

A machine that crashed, hung or was short of a test has failed; the end of its console tells why.
"""

import pathlib
import re
import sys

CONSOLE_LINES = 25


def lines_of(path):
    try:
        return path.read_text(errors="replace").replace("\r", "").splitlines()
    except OSError:
        return []


class Report:
    """What one machine has said."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.kernel = self.layout = self.running = self.ended = None
        self.tests = []  # (name, None or the reason of the failure, lines about it)
        self.facts = {}
        for line in lines_of(self.directory / "report"):
            self.read(line)

    def read(self, line):
        word, _, rest = line.partition(" ")
        if word == "begin":
            self.kernel, _, self.layout = rest.partition(" ")
        elif word == "run":
            self.running = rest
        elif word == "ok" and rest == self.running:
            self.tests.append((rest, None, []))
            self.running = None
        elif line.startswith("not ok ") and self.running:
            reason = line.removeprefix(f"not ok {self.running}: ")
            self.tests.append((self.running, reason, []))
            self.running = None
        elif word == "#" and self.tests:
            self.tests[-1][2].append(rest)
        elif word == "fact":
            name, _, value = rest.partition(": ")
            self.facts[name] = value.strip()
        elif word == "end":
            self.ended = int(rest)

    def broken(self, status):
        """Why the machine did not do all its tests; None if it did."""
        if self.kernel is None:
            return "it did not start"
        if self.running:
            what = "hung" if status == 124 else "crashed"
            return f"it {what} in {self.running}"
        if self.ended != len(self.tests):
            return f"it ended after {len(self.tests)} tests (status {status})"
        return None


def show_run(name, status, directory):
    report = Report(directory)
    failed = 0
    for test, reason, about in report.tests:
        if reason is None:
            print(f"ok      {name} {test}")
            continue
        failed += 1
        print(f"FAILED  {name} {test}: {reason}")
        for line in about:
            print(f"        {line}")
    broken = report.broken(status)
    if broken:
        failed += 1
        print(f"FAILED  {name}: {broken}; the end of its console:")
        for line in lines_of(report.directory / "console")[-CONSOLE_LINES:]:
            print(f"        {line}")
    print(f"{sum(reason is None for _, reason, _ in report.tests)} passed, {failed} failed")
    return 1 if failed else 0


BEGIN, END = "<!-- table: made by make test-kernels -->\n", "<!-- end of table -->\n"


def show_page(page, directories):
    columns = {}
    for report in map(Report, directories):
        if report.kernel is None:
            print(f"{report.directory}: the machine said nothing", file=sys.stderr)
            return 1
        # A column is a series: what it says holds for every release of it.
        facts = columns.setdefault(re.match(r"\d+\.\d+", report.kernel).group(), {})
        for name, value in report.facts.items():
            facts[f"{name}, {report.layout}" if name.startswith("cgroup ") else name] = value
    order = sorted(columns, key=lambda series: tuple(map(int, series.split("."))))
    names = list(dict.fromkeys(name for series in order for name in columns[series]))
    rows = [["", *order], ["---"] * (len(order) + 1)]
    rows += [[name, *(columns[series].get(name, "not told") for series in order)] for name in names]
    table = "".join("| " + " | ".join(row) + " |\n" for row in rows)
    before, _, rest = pathlib.Path(page).read_text().partition(BEGIN)
    print(before + BEGIN + "\n" + table + "\n" + END + rest.partition(END)[2], end="")
    return 0


def main(arguments):
    if len(arguments) == 4 and arguments[0] == "run":
        return show_run(arguments[1], int(arguments[2]), arguments[3])
    if len(arguments) > 2 and arguments[0] == "page":
        return show_page(arguments[1], arguments[2:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
