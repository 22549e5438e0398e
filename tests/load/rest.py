"""An agent that has nothing to do but to count: what it costs with a hundred containers that sleep."""

import collections
import concurrent.futures
import contextlib
import glob
import gzip
import os
import shutil
import subprocess
import tempfile
import threading
import time

from agent import LIBC, Agent, mib, percentile, until
from scrape import hierarchy

CONTAINERS = 100
# What Prometheus does by default in most places.
INTERVAL = 15
SLICES = 4
# Slices that are tried for one that counts.
TRIES = 5
SETTLE = 10
CPU_LIMIT = 0.003
RSS_LIMIT = 60 << 20
IMAGE = "localhost/syscope-rest:1"
# Should nobody be left to remove them, they end by themselves.
LIFE = 1200
CONFIG = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
netns = "none"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "{runtime}"
"""
# As Prometheus asks.
ASKS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "Accept-Encoding": "gzip"}
NEWNS, REC, PRIVATE = 0x20000, 0x4000, 0x40000


def run(checks, binary, calls, quick):
    print(f"\n# at rest with {CONTAINERS} containers of Podman that sleep, a scrape every {INTERVAL} s")
    busybox = next((path for path in ("/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static") if os.path.exists(path)), None)
    runtime = next(filter(shutil.which, ("runc", "crun")), None)
    if not (shutil.which("podman") and runtime and busybox):
        checks.note("not measured: podman, runc or crun, and a static busybox are needed")
        return
    with Host(), tempfile.TemporaryDirectory(prefix="syscope-load-") as scratch, Podman(scratch, runtime, busybox) as podman:
        begin = time.monotonic()
        podman.start()
        checks.note(f"{CONTAINERS} containers in {time.monotonic() - begin:.0f} s")
        for flags in ([], ["--metrics-latency"]):
            at_rest(checks, binary, flags, 1 if quick else SLICES)


class Host:
    """Storage and state of Podman of its own: this process and all that it starts see empty directories there."""

    def __enter__(self):
        self.before = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self.kept = set(parents())
        call(LIBC.unshare, NEWNS)
        try:
            call(LIBC.mount, None, b"/", None, REC | PRIVATE, None)
            for directory in ("/run", "/var/lib/containers"):
                if os.path.isdir(directory):
                    call(LIBC.mount, b"tmpfs", directory.encode(), b"tmpfs", 0, b"mode=755")
            os.makedirs("/run/lock", exist_ok=True)
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        call(LIBC.setns, self.before, NEWNS)
        os.close(self.before)
        for directory in set(parents()) - self.kept:
            # Those inside first. It stays if somebody else uses it by now.
            for path in (os.path.join(directory, "conmon"), directory):
                with contextlib.suppress(OSError):
                    os.rmdir(path)


def parents():
    """Directories that Podman makes in every hierarchy and leaves there."""
    return glob.glob("/sys/fs/cgroup/libpod_parent") + glob.glob("/sys/fs/cgroup/*/libpod_parent")


def call(function, *args):
    if function(*args) != 0:
        raise OSError(f"{function.__name__}{args} failed; root is needed")


class Podman:
    """Containers that do nothing, in the storage of a [`Host`]."""

    def __init__(self, scratch, runtime, busybox):
        self.environ = dict(os.environ, CONTAINERS_CONF=os.path.join(scratch, "containers.conf"))
        with open(self.environ["CONTAINERS_CONF"], "w") as file:
            file.write(CONFIG.format(runtime=runtime))
        root = os.path.join(scratch, "rootfs")
        for directory in ("bin", "dev", "etc", "proc", "sys", "tmp"):
            os.makedirs(os.path.join(root, directory))
        shutil.copy(busybox, os.path.join(root, "bin/busybox"))
        self.image = os.path.join(scratch, "rootfs.tar")
        subprocess.run(["tar", "-C", root, "-cf", self.image, "."], check=True)

    def podman(self, *args, seconds=120):
        done = subprocess.run(["podman", *args], env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
        if done.returncode != 0:
            raise AssertionError(f"podman {' '.join(args)}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def start(self):
        self.podman("import", "--quiet", self.image, IMAGE)

        def one(number):
            self.podman("run", "--detach", "--network", "none", "--name", f"rest-{number}", IMAGE, "/bin/busybox", "sleep", str(LIFE))

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(CONTAINERS)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Nobody else's: the storage is that of the host of its own.
        self.podman("rm", "--all", "--force", "--time", "0", seconds=300)


def ticks(pid):
    """CPU seconds in user space and in the kernel."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return [int(field) / os.sysconf("SC_CLK_TCK") for field in fields[11:13]]


def threads(pid):
    """CPU nanoseconds by name of thread."""
    used = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as stat, open(f"/proc/{pid}/task/{task}/comm") as comm:
                name = comm.read().strip()
                used[name] = used.get(name, 0) + int(stat.read().split()[0])
        except OSError:
            continue
    return used


def sleeps(pid):
    """How often its threads went to sleep by themselves."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/status") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
        except OSError:
            continue
    return total


def scrape(agent):
    begin = time.monotonic()
    status, _, body = agent.get("/metrics", headers=ASKS)
    assert status == 200, status
    return (time.monotonic() - begin) * 1e3, len(body), gzip.decompress(body)


def forks():
    """Processes and threads that were begun on the machine."""
    with open("/proc/stat") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("processes "))


class Cgroups(threading.Thread):
    """Looks for cgroups that come. On a machine where others make containers the agent is not at rest: it looks for their owners."""

    def __init__(self, mount):
        super().__init__(daemon=True)
        self.mount, self.stop, self.came = mount, threading.Event(), 0

    def run(self):
        known = self.all()
        while not self.stop.wait(0.5):
            now = self.all()
            self.came += len(now - known)
            known = now

    def all(self):
        return {path for path, _, _ in os.walk(self.mount)}


class Rest:
    """What an agent costs while no cgroup comes, in parts of a CPU: the sum of slices, each with one scrape."""

    def __init__(self, agent, slices):
        self.took, self.slices, self.others, self.wall = [], 0, 0, 0.0
        self.user = self.system = self.slept = self.begun = 0
        by_thread = collections.Counter()
        cgroups = Cgroups(hierarchy(agent)[1])
        cgroups.start()
        while self.slices < slices and self.slices + self.others < TRIES * slices:
            before, used, slept, begun, begin, came = ticks(agent.pid), threads(agent.pid), sleeps(agent.pid), forks(), time.monotonic(), cgroups.came
            took, self.size, body = scrape(agent)
            self.text = len(body)
            time.sleep(max(0, begin + INTERVAL - time.monotonic()))
            if cgroups.came > came:
                # An owner is looked for for 2 s.
                self.others += 1
                time.sleep(2)
                continue
            user, system = ticks(agent.pid)
            self.slices += 1
            self.wall += time.monotonic() - begin
            self.user, self.system = self.user + user - before[0], self.system + system - before[1]
            self.slept, self.begun = self.slept + sleeps(agent.pid) - slept, self.begun + forks() - begun
            by_thread.update({name: now - used.get(name, 0) for name, now in threads(agent.pid).items()})
            self.took.append(took)
        cgroups.stop.set()
        cgroups.join()
        wall = self.wall or float("nan")
        self.user, self.system, self.slept, self.begun = (one / wall for one in (self.user, self.system, self.slept, self.begun))
        self.cpu = self.user + self.system
        self.threads = [(name, used / 1e9 / wall) for name, used in by_thread.most_common() if used / 1e9 / wall >= 5e-5]

    def __str__(self):
        threads = ", ".join(f"{name} {part:.3%}" for name, part in self.threads)
        return (f"{self.cpu:.2%} over {self.wall:.0f} s, {self.user:.2%} in user space and {self.system:.2%} in the kernel; {threads}; "
                f"{self.slept:.0f} times a second to sleep; {self.begun:.1f} processes a second begun on the machine; "
                f"{self.others} slices in which others made cgroups left out")


def at_rest(checks, binary, flags, slices):
    said = f"syscope server {' '.join(flags)}".strip()
    agent = Agent(binary, *flags)
    try:
        def known():
            status = agent.get_json("/api/v1/status")
            return sum(status["containers"].values()) >= CONTAINERS

        checks(f"{said} knows every container", until(known, 60, 0.5), str(agent.get_json("/api/v1/status")["containers"]))
        scrape(agent)
        time.sleep(SETTLE)
        rest = Rest(agent, slices)
        checks(f"{said} takes at most {CPU_LIMIT:.1%} of a CPU", rest.slices == slices and rest.cpu <= CPU_LIMIT, str(rest))
        checks(f"{said} keeps at most {mib(RSS_LIMIT)}", agent.rss_peak() <= RSS_LIMIT,
               f"{mib(agent.rss())} resident, {mib(agent.rss_peak())} at most")
        checks.note(f"{len(rest.took)} scrapes: p50 {percentile(rest.took, .5):.0f} ms, max {max(rest.took):.0f} ms; "
                    f"{rest.text / 1e3:.0f} kB of text, {rest.size / 1e3:.0f} kB on the wire")
        status, _ = agent.end()
        checks(f"{said} ends with 0", status == 0, f"status {status}")
    finally:
        agent.end()
