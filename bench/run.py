#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Measures what tracers cost the process they watch, side by side. See README.md beside this file.

For every tool and repetition: start a load, measure all workloads untraced (A), attach the tool,
measure them again (B), end the tool, measure them untraced again (A). What B is compared with lies on
both sides of it, so a drift of the machine cancels out. Repetitions are the outer loop: all tools
share the weather.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # keep __pycache__ out of the source tree

from processes import Load, ToolFailed, cpu_ns, hook_count, spawn, status_field, stop, wait_until  # noqa: E402
from report import markdown  # noqa: E402
from tools import CPUS, FIRST_EVENT, FIRST_EVENT_PATTERN, TOOLS, WORKLOADS, Results, Sample  # noqa: E402

HERE = Path(__file__).resolve().parent
TRACING_TYPES = {"tracing", "tracepoint", "raw_tracepoint", "kprobe", "perf_event", "raw_tracepoint_writable"}
BURST_OPENS = 300_000


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Running:
    """A started tool with its output files."""

    def __init__(self, bench, tool, load):
        self.tool, self.files = tool, [bench.scratch / name for name in ("stdout", "stderr", "log")]
        for path in self.files:
            path.write_bytes(b"")
        command = bench.fill(tool.command, load.pid)
        with self.files[0].open("wb") as out, self.files[1].open("wb") as err:
            cpu = bench.args.load_cpu if tool.same_cpu else bench.args.tracer_cpu
            self.process = spawn(command, cpu, stdin=subprocess.PIPE, stdout=out, stderr=err)
        self.pid = self.process.pid
        if not self.wait_ready(load):
            stop(self.process)
            lines = [line for line in self.text().splitlines() if line.strip()]
            raise ToolFailed(lines[-1].strip()[:200] if lines else "it ended or never attached, without a word")

    def wait_ready(self, load):
        tool = self.tool
        if tool.ready == "line":
            return wait_until(lambda: self.files[0].stat().st_size, 10, self.process)
        if tool.ready == "ptrace":
            return wait_until(lambda: status_field(load.pid, "TracerPid") == self.pid, 10, self.process)
        last = [0, time.monotonic()]

        def settled():  # enough hooks, and no new one for 100 ms
            count = hook_count(self.pid)
            if count != last[0]:
                last[:] = [count, time.monotonic()]
            return count >= tool.hooks and time.monotonic() - last[1] > 0.1

        return wait_until(settled, 20, self.process)

    def settle(self):
        """Waits until the tool has worked off what it was given, so that it doesn't burden what comes next."""
        last = [cpu_ns(self.pid)]

        def quiet():
            time.sleep(0.02)
            now = cpu_ns(self.pid)
            busy, last[0] = now - last[0], now
            return busy < 2e6

        wait_until(quiet, 3, self.process)

    def text(self):
        return "\n".join(path.read_bytes().decode(errors="replace") for path in self.files)

    def numbers(self, pattern):
        found = (next(group for group in match.groups() if group) for match in re.finditer(pattern, self.text(), re.M))
        return [int(re.sub("[,_]", "", number)) for number in found]

    def seen(self):
        """Events in its output, or None when that cannot be known."""
        _, pattern, how = self.tool.seen
        if how == "lines":
            return sum(1 for _ in re.finditer(pattern, self.text(), re.M))
        numbers = self.numbers(pattern)
        return sum(numbers) if how == "sum" else (numbers or [None])[-1]

    def lost(self):
        """Lost events it reported. Silence is 0 for a tool that only speaks of losses, unknown for Syscope."""
        numbers = self.numbers(self.tool.lost)
        if self.tool.name.startswith("syscope"):
            return numbers[-1] if numbers else None
        return sum(numbers)


class Bench:
    def __init__(self, args, build, scratch):
        self.args, self.build, self.scratch = args, build, scratch
        self.syscope = Path(args.syscope).resolve()
        self.results = Results()
        self.background = self.tracing_programs()
        self.deadline = time.monotonic() + args.max_seconds
        self.other = Load(build, args.tracer_cpu)

    def fill(self, command, pid):
        values = {"{pid}": pid, "{other}": self.other.pid, "{build}": self.build,
                  "{syscope}": self.syscope, "{log}": self.scratch / "log"}
        return [re.sub(r"\{(pid|other|build|syscope|log)\}", lambda m: str(values[m.group()]), word) for word in command]

    def missing(self, command):
        """Why a command cannot be run, or None."""
        program = self.fill(command[:1], 0)[0] if command else "true"
        if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return None
        return "not built" if command[0].startswith("{") else "not installed"

    def tracing_programs(self):
        """Ids of the loaded BPF programs that can slow a system call."""
        try:
            listing = subprocess.run(["bpftool", "-j", "prog", "list"], capture_output=True, check=True).stdout
            return {p["id"] for p in json.loads(listing or "[]") if p.get("type") in TRACING_TYPES}
        except (OSError, subprocess.CalledProcessError, ValueError):
            return set()

    def undisturbed(self):
        return wait_until(lambda: not self.tracing_programs() - self.background, 3, every=0.05)

    def step(self, tool):
        """One A-B-A repetition of all workloads for one tool."""
        results, seconds = self.results, self.args.seconds
        disturbed = not self.undisturbed()
        load, running = Load(self.build, self.args.load_cpu), None
        try:
            before = {workload: load.measure(workload, seconds) for workload in WORKLOADS}
            load.made = dict.fromkeys(WORKLOADS, 0)
            running = Running(self, tool, load) if tool.ready != "none" else None
            traced = {workload: self.measure_traced(workload, load, running) for workload in WORKLOADS}
            if running:
                self.account(tool, load, running)
            disturbed |= not self.undisturbed()
            after = {workload: load.measure(workload, seconds) for workload in WORKLOADS}
        finally:
            if running:
                stop(running.process)
            load.close()
        for workload, (median, minimum, calls, cpu) in traced.items():
            (_, median_1, min_1), (_, median_2, min_2) = before[workload], after[workload]
            sample = Sample((median_1 + median_2) / 2, min(min_1, min_2), median, minimum, calls, cpu)
            results.samples.setdefault(tool.name, {}).setdefault(workload, []).append(sample)
        results.steps += 1
        results.foreign += disturbed

    def measure_traced(self, workload, load, running):
        """One workload under the tool: (median, min, calls, the tool's CPU time)."""
        cpu, calls = cpu_ns(running.pid) if running else 0, load.made[workload]
        _, median, minimum = load.measure(workload, self.args.seconds)
        if running:
            running.settle()
            if running.process.poll() is not None:
                raise ToolFailed(f"it ended during {workload}")
            cpu = cpu_ns(running.pid) - cpu
        return median, minimum, load.made[workload] - calls, cpu

    def account(self, tool, load, running):
        """Ends the tool and adds up what it saw and lost."""
        results = self.results
        results.rss_kib[tool.name] = max(results.rss_kib.get(tool.name, 0), status_field(running.pid, "VmHWM"))
        stop(running.process)
        if tool.seen and (seen := running.seen()) is not None:
            made = 0
            for workload in tool.seen[0]:
                name, _, share = workload.partition("/")  # "openclose/2": only every second call is an open
                made += load.made[name] // int(share or 1)
            results.made[tool.name] = results.made.get(tool.name, 0) + made
            results.seen[tool.name] = results.seen.get(tool.name, 0) + seen
        if tool.lost and (lost := running.lost()) is not None:
            results.lost[tool.name] = results.lost.get(tool.name, 0) + lost

    def measure_tools(self):
        wanted = [tool for tool in TOOLS if not self.args.only or re.search(self.args.only, tool.name)]
        for tool in wanted:
            if reason := self.missing(tool.command):
                hint = f" ({tool.packages})" if tool.packages else f" ({self.args.syscope})"
                self.skip(tool.name, reason + hint)
        for repetition in range(self.args.repetitions):
            started = time.monotonic()
            for tool in wanted:
                if tool.name in self.results.skipped:
                    continue
                if time.monotonic() > self.deadline:
                    say(f"out of time in repetition {repetition + 1}; the report has what was measured")
                    return
                try:
                    self.step(tool)
                except ToolFailed as error:
                    self.skip(tool.name, f"failed: {error}")
            say(f"repetition {repetition + 1} of {self.args.repetitions} took {time.monotonic() - started:.0f} s")

    def skip(self, name, reason):
        self.results.skipped[name] = reason
        say(f"skipped {name}: {reason}")

    # --- what is not a cost per call ---

    def first_event(self, command):
        """Seconds from exec of the tool to its first event on stdout."""
        tick = [f"{self.build}/load", "-c", str(self.args.load_cpu), "-b", "1", "tick", "20000"]
        load = spawn(tick, stdout=subprocess.DEVNULL)
        start = time.monotonic()
        tool = spawn(self.fill(command, load.pid), self.args.tracer_cpu, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            output = b""
            while select.select([tool.stdout], [], [], max(0, start + 10 - time.monotonic()))[0]:
                chunk = os.read(tool.stdout.fileno(), 65536)
                output += chunk
                if re.search(FIRST_EVENT_PATTERN.encode(), output, re.M):
                    return time.monotonic() - start
                if not chunk:
                    break
            raise ToolFailed("no event within 10 s")
        finally:
            tool.stdout.close()
            stop(tool)
            stop(load)

    def measure_first_events(self):
        for name, command in FIRST_EVENT.items():
            if self.missing(command):
                continue
            try:
                times = [self.first_event(command) for _ in range(self.args.repetitions)]
                self.results.first_event[name] = times
            except ToolFailed as error:
                say(f"start-up of {name} not measured: {error}")

    def measure_syscope(self):
        """A whole `trace -- true`, and the burst of failing opens that must not lose an event."""
        if self.missing(["{syscope}"]):
            return
        for _ in range(self.args.repetitions):
            start = time.monotonic()
            done = subprocess.run([self.syscope, "trace", "-w", "/dev/null", "--", "true"], capture_output=True)
            if done.returncode != 0:
                break
            self.results.run_true.append(time.monotonic() - start)
        tool = next(tool for tool in TOOLS if tool.name == "syscope json")
        command = ["{log}" if word == "/dev/null" else word for word in tool.command]
        load, running = Load(self.build, self.args.load_cpu), None
        try:
            running = Running(self, dataclasses.replace(tool, command=command), load)
            load.run("openfail", 1, BURST_OPENS)
            running.settle()
            stop(running.process)
            with running.files[2].open("rb") as log:
                written = sum(b"no-such-file" in line for line in log)
            running.files.pop().unlink()
            self.results.burst = {"made": BURST_OPENS, "written": written, "lost": running.lost()}
        except ToolFailed as error:
            say(f"burst of failing opens not measured: {error}")
        finally:
            if running:
                stop(running.process)
            load.close()

    def measure_decoder(self):
        command = self.args.decoder_bench
        examples = [self.syscope.parent / "examples" / name for name in ("decode_bench", "consume_bench")]
        commands = [shlex.split(command)] if command else [[str(path)] for path in examples if path.exists()]
        outputs = []
        for words in commands:
            try:
                done = subprocess.run(words, capture_output=True, text=True, timeout=120)
                outputs.append((done.stdout + ("" if done.returncode == 0 else done.stderr)).strip())
            except (OSError, subprocess.TimeoutExpired) as error:
                say(f"{words[0]} not run: {error}")
        self.results.decoder = "\n\n".join(outputs) or None


# --- set-up ------------------------------------------------------------------------------------


def build_helpers(build):
    """Compiles load, nop and, when clang and libbpf are there, the empty programs."""
    build.mkdir(parents=True, exist_ok=True)
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        sys.exit("bench: a C compiler is needed (gcc or clang)")
    flags = [compiler, "-O2", "-Wall", "-Wextra"]
    static = ["-static", "-nostdlib", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"]
    subprocess.run([*flags, HERE / "load.c", "-o", build / "load"], check=True)
    subprocess.run([*flags, *static, HERE / "nop.c", "-o", build / "nop"], check=True)
    for stale in ("empty", "empty.bpf.o"):
        (build / stale).unlink(missing_ok=True)
    # clang -target bpf doesn't know where this machine keeps asm/types.h.
    asm = f"/usr/include/{os.uname().machine}-linux-gnu"
    bpf = ["clang", "-O2", "-g", "-Wall", "-target", "bpf", "-I", asm, "-c", HERE / "empty.bpf.c", "-o", build / "empty.bpf.o"]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        subprocess.run(bpf, check=True)
        subprocess.run([*flags, HERE / "empty.c", "-o", build / "empty", "-lbpf"], check=True)


def machine_facts(args):
    """Facts about the machine, without its name."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^(?:model name|Model)\s*:\s*(.*)$", cpuinfo, re.M)
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    hypervisor = " (virtual machine)" if re.search(r"^flags.*\bhypervisor\b", cpuinfo, re.M) else ""
    versions = []
    for name, command in {"bpftrace": ["bpftrace", "--version"], "strace": ["strace", "-V"], "perf": ["perf", "--version"],
                          "opensnoop": ["opensnoop", "--version"], "syscope": [args.syscope, "--version"]}.items():
        with contextlib.suppress(OSError):
            found = re.search(r"\d+(\.\d+)+", subprocess.run(command, capture_output=True, text=True).stdout)
            versions += [f"{name} {found.group()}"] if found else []
    kernel = re.match(r"[\d.]+", os.uname().release).group()
    return [
        ("kernel", f"{kernel} {os.uname().machine}"),
        ("CPU", f"{model.group(1) if model else 'unknown'}, {CPUS} cores{hypervisor}"),
        ("memory", f"{int(memory.group(1)) / 2**20:.0f} GiB"),
        ("pinned", f"load on CPU {args.load_cpu}, tracer on CPU {args.tracer_cpu}"),
        ("load average at the start", f"{os.getloadavg()[0]:.2f}"),
        ("versions", ", ".join(versions) or "unknown"),
    ]


def parse_arguments():
    parser = argparse.ArgumentParser(description="Measure what Syscope and its peers cost a system call.")
    parser.add_argument("--syscope", default="target/release/syscope", help="the binary to measure (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="2 short repetitions, at most 2 minutes")
    parser.add_argument("--repetitions", type=int, help="A-B-A rounds per tool (default: 5)")
    parser.add_argument("--seconds", type=float, help="length of one measurement of one workload (default: 0.2)")
    parser.add_argument("--max-seconds", type=float, help="start no further measurement after this (default: 540)")
    parser.add_argument("--only", metavar="REGEX", help="only tools whose name matches")
    parser.add_argument("--load-cpu", type=int, default=1)
    parser.add_argument("--tracer-cpu", type=int, default=0)
    parser.add_argument("--decoder-bench", metavar="CMD", help="a command whose output (see README.md) goes into the report")
    parser.add_argument("--build-dir", type=Path, default=HERE.parent / "target" / "bench")
    parser.add_argument("--results-dir", type=Path, default=HERE / "results")
    parser.add_argument("--machine", default="host", help="what the report calls this machine (default: %(default)s)")
    parser.add_argument("--raw", type=Path, help="also write everything that was measured as JSON")
    args = parser.parse_args()
    args.repetitions = args.repetitions or (2 if args.quick else 5)
    args.seconds = args.seconds or (0.07 if args.quick else 0.2)
    args.max_seconds = args.max_seconds or (95 if args.quick else 540)
    return args


def main():
    args = parse_arguments()
    if os.geteuid() != 0:
        sys.exit("bench: the tracers need root; run it with sudo")
    if not {args.load_cpu, args.tracer_cpu} <= os.sched_getaffinity(0):
        sys.exit(f"bench: CPUs {args.load_cpu} and {args.tracer_cpu} are needed (--load-cpu, --tracer-cpu)")
    for sig in (signal.SIGTERM, signal.SIGHUP):  # so that every `finally` runs
        signal.signal(sig, lambda number, _: sys.exit(128 + number))
    build = args.build_dir.resolve()
    build_helpers(build)
    os.sched_setaffinity(0, {args.tracer_cpu})
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="syscope-bench-", dir=shm) as scratch:
        bench = Bench(args, build, Path(scratch))
        bench.results.facts = machine_facts(args)
        try:
            bench.measure_first_events()
            bench.measure_syscope()
            bench.measure_tools()
            bench.measure_decoder()
        except KeyboardInterrupt:
            say("interrupted; the report has what was measured")
        finally:
            bench.other.close()
    today = datetime.date.today().isoformat()
    text = markdown(bench.results, today, args)
    args.results_dir.mkdir(parents=True, exist_ok=True)
    path = args.results_dir / f"{today}-{args.machine}.md"
    path.write_text(text)
    if args.raw:
        args.raw.write_text(json.dumps(dataclasses.asdict(bench.results), indent=1))
    print(text)
    say(f"written to {os.path.relpath(path)}")


if __name__ == "__main__":
    main()
