# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Starting, watching and ending processes, the load among them."""

import contextlib
import ctypes
import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path

from tools import WORKLOADS

BATCHES = 10, 500  # of one measurement: at least, at most
LIBC = ctypes.CDLL(None, use_errno=True)


class ToolFailed(Exception):
    """A tool could not be measured; the message says why, for the reader of the report."""


def spawn(command, cpu=None, **streams):
    """Starts a process that is pinned, takes SIGINT, and dies with this one."""

    def prepare():
        LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})

    return subprocess.Popen(command, preexec_fn=prepare, **streams)


def stop(process, timeout=10):
    """Ends a process as a user would (Ctrl-C), or for good when it does not listen."""
    for sig in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(sig)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
            return


def wait_until(condition, seconds, process=None, every=0.01):
    """Polls; false when the time is over or the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        if process and process.poll() is not None:
            return False
        time.sleep(every)
    return False


def cpu_ns(pid):
    """CPU time of all threads of a process so far, in ns."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(task.read_text().split()[0])
    return total


def status_field(pid, name):
    with contextlib.suppress(OSError):
        match = re.search(rf"^{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)
        return int(match.group(1)) if match else 0
    return 0


def hook_count(pid):
    """BPF links and perf events that a process holds open: what it has attached."""
    count = 0
    with contextlib.suppress(OSError):
        for fd in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                count += bool(re.search(r"bpf_link|bpf-link|perf_event|bpf_raw_tp", os.readlink(fd.path)))
    return count


class Load:
    """The load generator, asleep on stdin except while it measures."""

    def __init__(self, build, cpu):
        command = [f"{build}/load", "-c", str(cpu), "-s", f"{build}/nop"]
        self.process = spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.made = dict.fromkeys(WORKLOADS, 0)

    def run(self, workload, batches, iterations, timeout=60):
        """Returns (calls, median ns, min ns) per call."""
        self.process.stdin.write(f"{workload} {batches} {iterations}\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            raise ToolFailed(f"the load did not get through {workload} in {timeout} s")
        answer = self.process.stdout.readline().split()
        if len(answer) != 4:
            raise ToolFailed(f"the load ended during {workload}")
        self.made[workload] += int(answer[1])
        return int(answer[1]), float(answer[2]), float(answer[3])

    def measure(self, workload, seconds):
        """Measures for about so long, however dear a call is at the moment."""
        iterations, per_call = 2, WORKLOADS[workload]
        while True:
            _, cost, _ = self.run(workload, 1, iterations)
            if cost * per_call * iterations > 2e6:  # 2 ms: enough to extrapolate from
                break
            iterations *= 5
        # The shorter the batches, the more of them nobody disturbs on a shared machine; shorter ones than this would
        # measure the clock.
        fit = seconds * 1e9 / (cost * per_call)
        batches = int(min(BATCHES[1], max(BATCHES[0], fit / 200)))
        return self.run(workload, batches, max(3, int(fit / batches)))

    def close(self):
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        stop(self.process)
        self.process.stdout.close()
