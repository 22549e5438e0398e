"""A scrape of 500 containers with 40 calls each, and what it does to the data path."""

import collections
import os
import re
import subprocess
import tempfile
import time

from agent import Agent, Generator, check_kernel_is_clean, mib, percentile, until

CONTAINERS = 500
ROUNDS = 7
GOAL_MS = 100
RATE = 60_000
SAMPLE = re.compile(rb'^syscope_syscalls_total\{[^}]*container="([^"]*)"[^}]*syscall="([^"]*)"[^}]*\} (\d+)', re.M)


def hierarchy(agent):
    """Where the hierarchy is mounted by which the agent knows owners."""
    name = agent.get_json("/api/v1/cgroups")[0]["hierarchy"]
    with open("/proc/self/mountinfo") as file:
        for line in file:
            fields, _, kind = line.partition(" - ")
            kind, _, options = kind.split(" ", 2)
            point = fields.split()[4]
            if kind == "cgroup2" and name in ("", "unified", "cgroup2") or kind == "cgroup" and name in options.strip().split(","):
                return name, point
    raise AssertionError(f"the hierarchy {name!r} is not mounted")


class Containers:
    """Cgroups named as Docker names them, each with a process that makes forty kinds of calls."""

    def __init__(self, mount, calls, scratch):
        self.top = os.path.join(mount, f"syscope-load-{os.getpid()}")
        self.ids = [f"{at:012x}" + "5c" * 26 for at in range(1, CONTAINERS + 1)]
        self.made = []
        self.process = None
        try:
            for directory in (self.top, os.path.join(self.top, "docker")):
                os.mkdir(directory)
                self.made.append(directory)
            for one in self.ids:
                path = os.path.join(self.top, "docker", one)
                os.mkdir(path)
                self.made.append(path)
            with open(os.path.join(scratch, "cgroups"), "w") as file:
                file.writelines(path + "\n" for path in self.made[2:])
            self.process = subprocess.Popen([calls, "cgroups", file.name, str(ROUNDS)], stdout=subprocess.PIPE, text=True)
            self.ready = int(self.process.stdout.readline().split()[1])
        except BaseException:
            self.remove()
            raise

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        for path in reversed(self.made):
            until(lambda path=path: not self.busy(path), 10)
        self.made.clear()

    @staticmethod
    def busy(path):
        try:
            os.rmdir(path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def scrape(agent, encoding="identity"):
    begin = time.monotonic()
    status, _, body = agent.get("/metrics", headers={"Accept-Encoding": encoding})
    assert status == 200, status
    return (time.monotonic() - begin) * 1e3, body


def compressed(agent):
    """How long a scrape takes as Prometheus asks for it, in words."""
    scrapes = [scrape(agent, "gzip") for _ in range(7) if not time.sleep(0.5)]
    times = [took for took, _ in scrapes]
    return f"with gzip p50 {percentile(times, .5):.0f} ms, max {max(times):.0f} ms, {len(scrapes[-1][1]) / 1e6:.2f} MB"


def cpu_of_scrapes(agent, encoding, count=7):
    """CPU of the agent for one scrape, in ms."""
    before = sum(agent.cpu().values())
    for _ in range(count):
        scrape(agent, encoding)
        time.sleep(0.3)
    return (sum(agent.cpu().values()) - before) / count * 1e3


def run(checks, binary, calls, quick):
    print(f"\n# a scrape of {CONTAINERS} containers with 40 calls each")
    agent = Agent(binary)
    containers = None
    with tempfile.TemporaryDirectory(prefix="syscope-load-") as scratch:
        try:
            held = agent.kernel_objects()
            name, mount = hierarchy(agent)
            idle = percentile([scrape(agent)[0] for _ in range(5) if not time.sleep(0.3)], 0.5)
            containers = Containers(mount, calls, scratch)
            checks.note(f"{containers.ready} processes in as many cgroups {containers.top}/docker/ID of the hierarchy {name}: to the agent, "
                        "containers of Docker that Docker does not know")

            def counted():
                return {key.decode() for key, _, _ in SAMPLE.findall(scrape(agent)[1])} >= {one[:12] for one in containers.ids}

            found = until(counted, 30, 0.5)
            # Everything is counted once no call is pending any more; a reading serves others for 250 ms.
            time.sleep(0.5)
            took, body = scrape(agent)
            by = collections.defaultdict(collections.Counter)
            for container, call, count in SAMPLE.findall(body):
                by[container.decode()][call.decode()] += int(count)
            names = subprocess.run([calls, "names"], capture_output=True, check=True, text=True).stdout.split()
            ours = [by[one[:12]] for one in containers.ids]
            wrong = [(one[:12], call, by[one[:12]][call]) for one in containers.ids for call in names if by[one[:12]][call] != ROUNDS]
            checks(f"every call of {CONTAINERS} containers is counted exactly", found and not wrong,
                   f"{len(names)} kinds x {ROUNDS} times each; wrong {wrong[:3] or 'none'}")
            least = min(map(len, ours))
            checks("every container has at least 40 series", least >= 40,
                   f"{sum(map(len, ours)):,} series of theirs, {least} at least each; {len(body) / 1e6:.1f} MB")
            times = []
            for _ in range(20):
                time.sleep(0.3)
                times.append(scrape(agent)[0])
            checks(f"a scrape takes at most {GOAL_MS} ms", percentile(times, 0.5) <= GOAL_MS,
                   f"p50 {percentile(times, .5):.0f} ms, p90 {percentile(times, .9):.0f} ms, max {max(times):.0f} ms, min {min(times):.0f} ms; "
                   f"before the containers {idle:.0f} ms; {mib(agent.rss())} resident; {compressed(agent)}; "
                   f"CPU of one {cpu_of_scrapes(agent, 'identity'):.0f} ms, with gzip {cpu_of_scrapes(agent, 'gzip'):.0f} ms")
            data_path(checks, agent, calls, 4 if quick else 10)
            containers.remove()
            held |= agent.kernel_objects()
            status, took = agent.end()
            checks("the agent ends with 0 within 10 s of SIGTERM", status == 0 and took <= 10, f"status {status} after {took:.1f} s")
            check_kernel_is_clean(checks, held)
            with_latency(checks, binary, calls, scratch)
        finally:
            if containers:
                containers.remove()
            agent.end()


def with_latency(checks, binary, calls, scratch):
    """The same with --metrics-latency: twenty times the text. Only told: the goal is for what runs by default."""
    agent = Agent(binary, "--metrics-latency")
    containers = None
    try:
        containers = Containers(hierarchy(agent)[1], calls, scratch)
        last = containers.ids[-1][:12].encode()
        until(lambda: last in scrape(agent)[1], 30, 0.5)
        scrapes = [scrape(agent) for _ in range(7) if not time.sleep(0.5)]
        times = [took for took, _ in scrapes]
        checks.note(f"with --metrics-latency a scrape takes p50 {percentile(times, .5):.0f} ms, max {max(times):.0f} ms: {len(scrapes[-1][1]) / 1e6:.0f} MB, "
                    f"{compressed(agent)}; CPU of one {cpu_of_scrapes(agent, 'identity'):.0f} ms, with gzip {cpu_of_scrapes(agent, 'gzip'):.0f} ms; "
                    f"{mib(agent.rss_peak())} resident at most")
    finally:
        if containers:
            containers.remove()
        agent.end()


def data_path(checks, agent, calls, seconds):
    """One job that wants one call in twenty, without and with four scrapes a second."""
    said, lost, fits = [], 0, True
    for scraped in (False, True):
        job = agent.create(syscalls=["getsid"])["id"]
        generator = Generator(calls, RATE, seconds)
        try:
            while generator.runs():
                time.sleep(0.27)
                if scraped:
                    scrape(agent)
            made = generator.made()
        finally:
            generator.end()
        counts = agent.delete(job)[1]["counts"]
        lost += counts["lost"]
        # Others on this machine may ask for their session too.
        fits &= counts["delivered"] >= made["calls"] // 20 and counts["produced"] == counts["delivered"] + counts["lost"]
        said.append(f"{'with' if scraped else 'without'} scrapes {made['calls'] / made['seconds']:,.0f} calls/s at {made['cpu'] / made['calls'] * 1e9:.0f} ns, "
                    f"{counts['delivered']} of {made['calls'] // 20} events, {counts['lost']} lost")
    checks("scrapes do not disturb the data path", fits and lost == 0, "; ".join(said))
