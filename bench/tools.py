# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What is measured: the workloads of load.c and the tools that watch it, as data.

A command may name {pid} (the load), {other} (a second, idle load), {build} (the compiled helpers),
{syscope} and {log} (a scratch file on tmpfs; a tool's stdout and stderr go to scratch files beside it).
"""

import os
from dataclasses import dataclass, field

# Calls per iteration of load.c; a spawn, which is many system calls, counts as one.
WORKLOADS = {"getppid": 1, "rw": 2, "openclose": 2, "stat": 1, "openfail": 1, "spawn": 1}
WORKLOAD_TEXT = {
    "getppid": "getppid",
    "rw": "read + write of 128 B (/dev/zero, /dev/null)",
    "openclose": "openat + close of an existing file",
    "stat": "newfstatat of an existing file",
    "openfail": "openat of a missing file",
    "spawn": "posix_spawn + wait of a static program that only exits",
}

GETPPID_NR = {"x86_64": 110, "aarch64": 173}.get(os.uname().machine, 0)
CPUS = os.cpu_count() or 1


@dataclass
class Tool:
    """One row of the result."""

    name: str
    command: list
    # How it is known to be attached: "hooks" (so many BPF links and perf events are open in it),
    # "ptrace" (it has become the load's tracer), "line" (it printed a line), "none" (no process).
    ready: str = "hooks"
    hooks: int = 1
    # Events in its output: (workloads whose calls it should show, pattern, "lines" or "sum" of group 1).
    seen: tuple = None
    lost: str = None  # group 1 of every match is added up
    same_cpu: bool = False  # beside the load instead of on the other CPU
    note: str = ""
    packages: str = ""  # what to install when it is missing


def _syscope(name, flags, seen=True, note=""):
    # The last line of a run says what it delivered and lost.
    return Tool(
        name,
        ["{syscope}", "trace"] + flags + ["-w", "/dev/null"],
        seen=(list(WORKLOADS), r'syscope: (\d+) events', "last") if seen else None,
        lost=r'events, (\d+) lost',
        note=note,
    )


COUNT = "tracepoint:raw_syscalls:sys_exit { @[cgroup, args->id, args->ret < 0] = count(); }"
PRINT = 'tracepoint:raw_syscalls:sys_exit /pid == {pid}/ { printf("%s %d %d\\n", comm, args->id, args->ret); }'
LOST = r"(?i)\blost (\d+) events"

TOOLS = [
    Tool("nothing again", [], ready="none", note="the noise of this run"),
    Tool("empty exit", ["{build}/empty", "{build}/empty.bpf.o", "exit"], ready="line",
         packages="clang, gcc, libbpf-dev", note="empty `tp_btf/sys_exit` program"),
    Tool("empty enter+exit", ["{build}/empty", "{build}/empty.bpf.o", "both"], ready="line",
         packages="clang, gcc, libbpf-dev", note="empty programs on both"),
    Tool("bpftrace count", ["bpftrace", "-e", COUNT], hooks=CPUS + 1, packages="bpftrace",
         seen=(["getppid"], rf"^@\[\d+, {GETPPID_NR}, \d\]: (\d+)", "sum"), lost=LOST,
         note="counts by (cgroup, number, failed)"),
    Tool("bpftrace printf", ["bpftrace", "-e", PRINT], hooks=CPUS + 1, packages="bpftrace",
         seen=(["getppid"], rf"^load {GETPPID_NR} ", "lines"), lost=LOST,
         note="a line per event of the load, no arguments"),
    Tool("opensnoop", ["opensnoop", "-p", "{pid}"], hooks=2, packages="libbpf-tools",
         seen=(["openclose/2", "openfail"], r"^\d+ +load ", "lines"), lost=LOST, note="opens of the load"),
    Tool("syscount", ["syscount", "-T", "500"], packages="libbpf-tools",
         seen=(["getppid"], r"^getppid +(\d+)", "sum"), note="counts by number, whole host"),
    Tool("syscount -L", ["syscount", "-L", "-T", "500"], hooks=2, packages="libbpf-tools",
         seen=(["getppid"], r"^getppid +(\d+)", "sum"), note="total latency by number, whole host"),
    Tool("execsnoop", ["execsnoop"], hooks=2, packages="libbpf-tools",
         seen=(["spawn"], r"^nop +\d+ ", "lines"), lost=LOST, note="execs of the whole host"),
    Tool("strace -f", ["strace", "-f", "-o", "{log}", "-p", "{pid}"], ready="ptrace", packages="strace",
         seen=(["getppid"], r"\bgetppid\(", "lines"), note="tracer on the other CPU"),
    Tool("strace -f, same CPU", ["strace", "-f", "-o", "{log}", "-p", "{pid}"], ready="ptrace", packages="strace",
         seen=(["getppid"], r"\bgetppid\(", "lines"), same_cpu=True, note="tracer beside the load"),
    Tool("perf trace", ["perf", "trace", "-o", "{log}", "-p", "{pid}"], hooks=2, packages="linux-perf",
         seen=(["getppid"], r"\bgetppid\(", "lines"), lost=LOST, note="text of all calls of the load"),
    _syscope("syscope cli", ["--pid", "{pid}", "-o", "cli"], note="text of all calls of the load"),
    _syscope("syscope json", ["--pid", "{pid}", "-o", "json"], note="JSON of all calls of the load"),
    _syscope("syscope, other pid", ["--pid", "{other}", "-o", "cli"], seen=False,
             note="an idle process is traced: what the untraced pay"),
    _syscope("syscope --latency", ["--pid", "{pid}", "-o", "cli", "--latency"], note="text with latency"),
    _syscope("syscope --summary", ["--pid", "{pid}", "--summary"], seen=False, note="counts by number and errno"),
    _syscope("syscope --summary --latency", ["--pid", "{pid}", "--summary", "--latency"], seen=False,
             note="counts with latency"),
    _syscope("syscope, host", ["-C", "-s", "getppid", "--no-containers"], seen=False,
             note="every getppid of the host is counted"),
    _syscope("syscope, host, tracking", ["-C", "-s", "getppid"], seen=False,
             note="the same, and whose each is"),
    Tool("syscope server", ["{syscope}", "server", "--listen", "unix:{log}.socket"], hooks=12,
         note="counts by (container, number, errno), whole host"),
    Tool("syscope server --latency", ["{syscope}", "server", "--metrics-latency", "--listen", "unix:{log}.socket"], hooks=13,
         note="the same with total time and a histogram"),
    Tool("syscope exec", ["{syscope}", "exec", "--exit", "-f", "json", "--write", "/dev/null"],
         lost=r"events, (\d+) lost", note="execs and exits of the whole host as JSON"),
]

# Whose added cost a Syscope mode is compared with.
COMPARED = {
    "syscope cli": ["empty exit", "opensnoop", "bpftrace printf", "perf trace", "strace -f", "strace -f, same CPU"],
    "syscope json": ["empty exit", "bpftrace printf"],
    "syscope, other pid": ["empty exit"],
    "syscope --latency": ["empty enter+exit", "perf trace"],
    "syscope --summary": ["empty exit", "syscount", "bpftrace count"],
    "syscope --summary --latency": ["empty enter+exit", "syscount -L"],
    "syscope, host, tracking": ["syscope, host"],
    "syscope server": ["empty exit", "bpftrace count"],
    "syscope server --latency": ["empty enter+exit", "syscount -L"],
    "syscope exec": ["execsnoop"],
}
# Tools that only watch some calls are only compared on those.
WATCHES_ONLY = {"opensnoop": ["openclose", "openfail"], "execsnoop": ["getppid", "spawn"]}

# Time from the start of the process to the first event on stdout, with a load that makes a call each millisecond.
FIRST_EVENT = {
    "syscope": ["{syscope}", "trace", "--pid", "{pid}", "-o", "cli"],
    "bpftrace": ["bpftrace", "-B", "line", "-e", PRINT],
    "strace": ["strace", "-f", "-o", "/dev/stdout", "-p", "{pid}"],
    "perf trace": ["perf", "trace", "-o", "/dev/stdout", "-p", "{pid}"],
}
FIRST_EVENT_PATTERN = rf"getppid|^load {GETPPID_NR} "


@dataclass
class Results:
    """Everything that was measured; report.py turns it into Markdown."""

    facts: list = field(default_factory=list)
    skipped: dict = field(default_factory=dict)  # tool -> reason
    samples: dict = field(default_factory=dict)  # tool -> workload -> list of Sample
    made: dict = field(default_factory=dict)  # tool -> workload -> calls made while it watched
    seen: dict = field(default_factory=dict)  # tool -> events in its output
    lost: dict = field(default_factory=dict)  # tool -> lost events it reported, or None when it never said
    rss_kib: dict = field(default_factory=dict)  # tool -> peak
    first_event: dict = field(default_factory=dict)  # tool -> list of seconds
    run_true: list = field(default_factory=list)  # seconds of `syscope trace -- true`
    burst: dict = None  # the 300,000 failing opens: events written, lost
    decoder: str = None  # output of the decoder's benchmark
    foreign: int = 0  # steps during which somebody else's tracing programs were loaded
    steps: int = 0


@dataclass
class Sample:
    """One A-B-A round of one workload: ns per call without and with the tool."""

    base_median: float
    base_min: float
    median: float
    min: float
    calls: int
    tracer_cpu_ns: int
