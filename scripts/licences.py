#!/usr/bin/env python3
"""usage: licences.py METADATA DENY_TOML

Checks the licence expression of every package that `cargo metadata` (METADATA) resolves against
the `allow` list of DENY_TOML. Prints those that are not allowed; exit status 1 if there are any.
"""

import json
import re
import sys


def read_allow_list(path):
    """The strings of `allow = [...]`. tomllib is younger than some Pythons we meet."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"#.*", "", file.read())
    licences = re.search(r"^\[licenses\]$(.*?)(?=^\[|\Z)", text, re.M | re.S)
    allow = licences and re.search(r"^allow\s*=\s*\[(.*?)\]", licences.group(1), re.M | re.S)
    if not allow:
        sys.exit(f"{path}: no allow list under [licenses]")
    return set(re.findall(r'"([^"]+)"', allow.group(1)))


def is_allowed(expression, allow):
    """Evaluates an SPDX expression; `/` is Cargo's old way to write OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def peek():
        return tokens[position] if position < len(tokens) else None

    def take():
        nonlocal position
        token = peek()
        if token is None:
            raise ValueError("ends too early")
        position += 1
        return token

    def either():
        result = both()
        while peek() == "OR":
            take()
            right = both()
            result = result or right
        return result

    def both():
        result = single()
        while peek() == "AND":
            take()
            right = single()
            result = result and right
        return result

    def single():
        name = take()
        if name == "(":
            result = either()
            if take() != ")":
                raise ValueError("missing )")
            return result
        if name in (")", "AND", "OR", "WITH"):
            raise ValueError(f"unexpected {name}")
        if peek() == "WITH":
            take()
            # An exception only adds permissions.
            return f"{name} WITH {take()}" in allow or name in allow
        return name in allow

    result = either()
    if peek() is not None:
        raise ValueError(f"unexpected {peek()}")
    return result


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    with open(sys.argv[1], encoding="utf-8") as file:
        metadata = json.load(file)
    allow = read_allow_list(sys.argv[2])
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    packages = [package for package in metadata["packages"] if package["id"] in used]
    refused = []
    for package in packages:
        licence = package["license"]
        try:
            problem = "" if licence and is_allowed(licence, allow) else licence or "no licence given"
        except ValueError as error:
            problem = f"{licence}: {error}"
        if problem:
            refused.append(f"{package['name']} {package['version']}: {problem}")
    for line in sorted(refused):
        print(f"not allowed by {sys.argv[2]}: {line}")
    print(f"{len(packages) - len(refused)} of {len(packages)} packages have an allowed licence")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
