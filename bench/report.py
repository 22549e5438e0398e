# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Results as Markdown. Reads what run.py measured, measures nothing itself."""

import re
from statistics import median

from tools import COMPARED, TOOLS, WATCHES_ONLY, WORKLOAD_TEXT, WORKLOADS

FLOOR = "empty exit"
CONTROL = "nothing again"


def added(results, tool, workload):
    """(median, min) of the added ns per call, or None.

    Median: of the differences within each A-B-A round. Min: the best traced batch of all rounds minus
    the best untraced one of the same rounds.
    """
    samples = results.samples.get(tool, {}).get(workload)
    if not samples:
        return None
    typical = median(s.median - s.base_median for s in samples)
    best = min(s.min for s in samples) - min(s.base_min for s in samples)
    return typical, best


def ratio(results, tool, other, workload):
    """(of the medians, of the minima) of two tools' added cost.

    A part is None when what it would be divided by is no larger than the difference between nothing and nothing.
    """
    ours, theirs = added(results, tool, workload), added(results, other, workload)
    if not ours or not theirs:
        return None
    noise = added(results, CONTROL, workload) or (0, 0)
    return tuple(a / b if b > abs(n) else None for a, b, n in zip(ours, theirs, noise))


def difference(results, tool, other, workload):
    """What one tool adds more than another: (of the medians, of the minima)."""
    ours, theirs = added(results, tool, workload), added(results, other, workload)
    return tuple(a - b for a, b in zip(ours, theirs)) if ours and theirs else None


def number(value):
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}"


def pair(values, form=number):
    return f"{form(values[0])} / {form(values[1])}" if values else "-"


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)] + rows
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def measured(results):
    return [tool for tool in TOOLS if results.samples.get(tool.name)]


def cost_section(results):
    bases = {}
    for per_tool in results.samples.values():
        for workload, samples in per_tool.items():
            bases.setdefault(workload, []).extend((s.base_median, s.base_min) for s in samples)
    rows = [["nothing (whole cost)"] + [
        pair((median(b[0] for b in bases[w]), min(b[1] for b in bases[w]))) if w in bases else "-" for w in WORKLOADS]]
    for tool in measured(results):
        rows.append([tool.name] + [pair(added(results, tool.name, w)) for w in WORKLOADS])
    key = "; ".join(f"`{name}`: {text}" for name, text in WORKLOAD_TEXT.items())
    return ("## Added ns per call (median / min)\n\n" + table(["tool"] + list(WORKLOADS), rows) +
            f"\n\nThe first row is the whole cost of an untraced call, the others what the tool adds to it; "
            f"`{CONTROL}` adds nothing, so it shows the noise. {key}.")


def ratio_section(results):
    def form(value):
        if value is None:
            return "noise"
        return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"

    parts = []
    if results.samples.get(FLOOR):
        rows = [[tool.name] + [pair(ratio(results, tool.name, FLOOR, w), form) for w in WORKLOADS]
                for tool in measured(results) if tool.name != FLOOR]
        parts.append("## Added cost as a multiple of the empty `sys_exit` program (of medians / of minima)\n\n" +
                     table(["tool"] + list(WORKLOADS), rows))
    rows = []
    for mode, peers in COMPARED.items():
        for peer in peers:
            if results.samples.get(mode) and results.samples.get(peer):
                watched = WATCHES_ONLY.get(peer, WORKLOADS)
                rows.append([mode, peer] + [
                    pair(ratio(results, mode, peer, w), form) if w in watched else "" for w in WORKLOADS])
    if rows:
        parts.append("## Syscope's added cost as a multiple of a peer's (of medians / of minima)\n\n" +
                     table(["mode", "peer"] + list(WORKLOADS), rows))
    return "\n\n".join(parts)


def tracer_section(results):
    rows = []
    for tool in measured(results):
        if tool.ready == "none":
            continue
        # CPU per call over the workloads the tool has something to say about.
        heard = [w.partition("/")[0] for w in tool.seen[0]] if tool.seen else ["getppid"]
        samples = [s for w in heard for s in results.samples[tool.name].get(w, [])]
        calls = sum(s.calls for s in samples)
        total = sum(s.tracer_cpu_ns for per in results.samples[tool.name].values() for s in per)
        seen, made = results.seen.get(tool.name), results.made.get(tool.name)
        rows.append([
            tool.name,
            f"{100 * seen / made:.1f} % of {made:,}" if made else "-",
            f"{results.lost[tool.name]:,}" if tool.name in results.lost else "not said",
            f"{total / 1e9:.2f}",
            number(sum(s.tracer_cpu_ns for s in samples) / calls) if calls else "-",
            f"{results.rss_kib.get(tool.name, 0) / 1024:.1f}",
            tool.note,
        ])
    head = ["tool", "events seen", "lost, as reported", "CPU s, all workloads", "CPU ns per call", "peak RSS MiB", "what it does"]
    return ("## The tracers themselves\n\n" + table(head, rows) + "\n\n"
            "*Events seen*: calls in the tool's output as a share of the calls made that it should show; warm-up included. "
            "*CPU ns per call*: user and system time of the tracer after it was ready, over the calls it should show.")


def start_section(results):
    rows = [[name, pair((median(times), min(times)), lambda v: f"{v:.3f}")] for name, times in results.first_event.items()]
    if results.run_true:
        rows.append(["whole `syscope trace -- true`", pair((median(results.run_true), min(results.run_true)), lambda v: f"{v:.3f}")])
    return "## Start to first event, s (median / min)\n\n" + table(["tool", "s"], rows) if rows else ""


def decoder_number(results, name):
    """Reads `text 1234567 events/s`, `json 1.1 M events/s` or `consumer 80 ns/event` from the decoder's benchmark."""
    match = re.search(rf"^[\s|]*{name}\b\D*([\d][\d,._]*)\s*([kM]?)", results.decoder or "", re.M | re.I)
    if not match:
        return None
    return float(re.sub("[,_]", "", match.group(1).rstrip(".,"))) * {"": 1, "k": 1e3, "M": 1e6}[match.group(2)]


def goals(results):
    """Rows (goal, sense, bound, figures): the figures are (of the medians, of the minima), one figure, or None."""
    first, burst = results.first_event, results.burst
    rss = [results.rss_kib[t] / 1024 for t in ("syscope cli", "syscope json") if t in results.rss_kib]

    def start(of):
        return of(first["syscope"]) if "syscope" in first else None

    def start_ratio(of):
        return start(of) / of(first["bpftrace"]) if {"syscope", "bpftrace"} <= first.keys() else None

    return [
        ("untraced process, getppid: x the empty program", "<=", 1.2, ratio(results, "syscope, other pid", FLOOR, "getppid")),
        ("full capture of getppid, text: x the empty program", "<=", 2.5, ratio(results, "syscope cli", FLOOR, "getppid")),
        ("full capture of getppid, JSON: x the empty program", "<=", 2.5, ratio(results, "syscope json", FLOOR, "getppid")),
        ("open+close with paths, text: x opensnoop", "<=", 0.5, ratio(results, "syscope cli", "opensnoop", "openclose")),
        ("tracking of owners, getppid: ns more than without", "<=", 15,
         difference(results, "syscope, host, tracking", "syscope, host", "getppid")),
        ("metrics, getppid: x the empty program", "<=", 1.8, ratio(results, "syscope server", FLOOR, "getppid")),
        ("metrics, getppid: x bpftrace's count", "<=", 0.75,
         ratio(results, "syscope server", "bpftrace count", "getppid")),
        ("metrics with latency, getppid: x syscount -L", "<=", 0.75,
         ratio(results, "syscope server --latency", "syscount -L", "getppid")),
        ("exec log, spawn: x execsnoop", "<=", 0.5, ratio(results, "syscope exec", "execsnoop", "spawn")),
        ("decoded text, events/s on one core", ">=", 1_000_000, decoder_number(results, "text")),
        ("decoded JSON, events/s on one core", ">=", 600_000, decoder_number(results, "json")),
        ("consumer, ns per raw event", "<=", 100, decoder_number(results, "consumer")),
        ("start to first event, s", "<=", 0.3, (start(median), start(min))),
        ("start to first event: x bpftrace", "<=", 0.9, (start_ratio(median), start_ratio(min))),
        ("whole `trace -- true`, s", "<=", 0.5, (median(results.run_true), min(results.run_true)) if results.run_true else None),
        ("peak memory of a trace, MiB", "<=", 40, max(rss) if rss else None),
        ("300,000 failing opens as JSON to a file: not written", "<=", 0, burst["made"] - burst["written"] if burst else None),
        ("the same: neither written nor reported lost", "<=", 0,
         burst["made"] - burst["written"] - (burst["lost"] or 0) if burst else None),
    ]


def goal_section(results):
    def form(value):
        if value is None:
            return "noise"
        return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.2f}"

    rows = []
    for text, sense, bound, figures in goals(results):
        figures = figures if isinstance(figures, tuple) else (figures,)
        verdicts = {value <= bound if sense == "<=" else value >= bound for value in figures if value is not None}
        if not verdicts:
            shown, reached = "not measured", "-"
        else:
            shown = " / ".join(map(form, figures))
            reached = "unclear" if len(verdicts) > 1 or None in figures else "yes" if verdicts == {True} else "**no**"
        rows.append([text, f"{sense} {bound:,}", shown, reached])
    return ("## Goals (of medians / of minima)\n\n" + table(["goal", "bound", "here", "reached"], rows) +
            "\n\n*unclear*: median and minimum disagree, or one is *noise*: its divisor is no larger than the control's.")


def markdown(results, today, args):
    rounds = max((len(s) for per in results.samples.values() for s in per.values()), default=0)
    facts = results.facts + [
        ("method", f"{rounds} A-B-A rounds per tool, {args.seconds} s per workload in 10 to 500 batches{', quick' if args.quick else ''}")]
    if results.steps:
        facts.append(("disturbed", f"other tracing programs were loaded during {results.foreign} of {results.steps} steps"))
    sections = [f"# Cost of tracing, {today}, {args.machine}\n\n" + "\n".join(f"* {name}: {value}" for name, value in facts)]
    if results.skipped:
        sections.append("Not measured:\n" + "\n".join(f"* {name}: {reason}" for name, reason in results.skipped.items()))
    sections.append(goal_section(results))
    if results.samples:
        sections += [cost_section(results), ratio_section(results), tracer_section(results)]
    sections.append(start_section(results))
    if results.decoder:
        sections.append(f"## Decoder\n\n```\n{results.decoder}\n```")
    return "\n\n".join(section for section in sections if section) + "\n"
