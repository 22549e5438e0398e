"""The agent under test: its process, its HTTP, what it holds of the kernel."""

import ctypes
import http.client
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time

PAGE = os.sysconf("SC_PAGE_SIZE")


class Checks:
    """One line per check, and the sum of them."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name, ok, detail=""):
        self.passed += bool(ok)
        self.failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {name}{': ' if detail else ''}{detail}", flush=True)
        return ok

    @staticmethod
    def note(text):
        print(f"     {text}", flush=True)


def until(condition, seconds, every=0.05):
    """Waits for a condition: what it gives when it is true, or its last word when the time is over."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result or time.monotonic() >= end:
            return result
        time.sleep(every)


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


LIBC = ctypes.CDLL(None)


def ends_with_parent():
    """In a new process: it ends when the process that began it does, however that ends."""
    LIBC.prctl(1, signal.SIGTERM)


class Generator:
    """Makes RATE calls a second on CPU 0 for some time. Like the agent and the watchers it has a session of its own, so that the
    scheduler's autogroups give each its share of a busy machine."""

    def __init__(self, calls, rate, seconds):
        self.seconds = seconds
        self.process = subprocess.Popen([calls, "pace", str(rate), str(seconds), "0"], stdout=subprocess.PIPE, text=True,
                                        preexec_fn=ends_with_parent, start_new_session=True)

    def runs(self):
        return self.process.poll() is None

    def made(self):
        """What it made: calls, seconds, cpu (seconds)."""
        return json.loads(self.process.communicate(timeout=self.seconds + 30)[0])

    def end(self):
        if self.runs():
            self.process.terminate()
        self.process.wait()


class Agent:
    """`syscope server` on a free port of loopback."""

    def __init__(self, binary, *flags, token=None, descriptors=None):
        """`descriptors`: the soft limit that it begins with."""
        self.directory = tempfile.TemporaryDirectory(prefix="syscope-load-")
        self.token = token
        if token:
            path = os.path.join(self.directory.name, "tokens")
            with open(path, "w", opener=lambda file, how: os.open(file, how, 0o600)) as file:
                file.write(token + "\n")
            flags += ("--token-file", path)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

        def prepare():
            ends_with_parent()
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))

        self.log = os.path.join(self.directory.name, "stderr")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "server", "--listen", "127.0.0.1:0", *flags],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, preexec_fn=prepare, start_new_session=True)
        self.pid = self.process.pid
        found = until(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/", self.said()) or self.process.poll() is not None, 60)
        if not isinstance(found, re.Match):
            self.end()
            raise SystemExit(f"the agent does not start:\n{self.said()}")
        self.port = int(found.group(1))
        if not until(lambda: self.ready(), 30, 0.2):
            self.end()
            raise SystemExit(f"the agent does not become ready:\n{self.said()}")

    def ready(self):
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def request(self, method, path, body=None, headers=None, timeout=30):
        """Status, content type, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {"Content-Type": "application/json"} if body is not None else {}
            if self.token:
                sent["Authorization"] = f"Bearer {self.token}"
            sent.update(headers or {})
            connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body, sent)
            response = connection.getresponse()
            return response.status, response.getheader("content-type", ""), response.read()
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def get_json(self, path):
        status, _, body = self.get(path)
        assert status == 200, (path, status, body[:200])
        return json.loads(body)

    def create(self, **spec):
        """Begins a job; the job."""
        status, _, body = self.request("POST", "/api/v1/traces", spec)
        assert status in (200, 201), (spec, status, body[:500])
        return json.loads(body)

    def delete(self, job):
        status, _, body = self.request("DELETE", f"/api/v1/traces/{job}")
        return status, json.loads(body)

    def job(self, job):
        status, _, body = self.get(f"/api/v1/traces/{job}")
        return json.loads(body) if status == 200 else None

    def _status(self, field):
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(rf"^{field}:\s+(\d+)", file.read(), re.M).group(1))

    def rss(self):
        """Resident bytes now."""
        return self._status("VmRSS") << 10

    def rss_peak(self):
        """Resident bytes at most since it began, or since [`forget_peak`]."""
        return self._status("VmHWM") << 10

    def threads(self):
        return self._status("Threads")

    def fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu(self):
        """CPU seconds of each thread that used some, by name."""
        used = {}
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/stat") as file:
                    name, rest = re.match(r"\d+ \((.*)\) (.*)", file.read()).groups()
            except OSError:
                continue
            fields = rest.split()
            used[name] = used.get(name, 0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return used

    def kernel_objects(self):
        """What it holds in the kernel: {("prog", id), ("map", id), ("link", id)}."""
        held = set()
        for fd in os.listdir(f"/proc/{self.pid}/fdinfo"):
            try:
                with open(f"/proc/{self.pid}/fdinfo/{fd}") as file:
                    info = file.read()
            except OSError:
                continue
            held |= {(kind, int(number)) for kind, number in re.findall(r"^(prog|map|link)_id:\s+(\d+)", info, re.M)}
        return held

    def end(self, how=signal.SIGTERM, seconds=20):
        """Stops it: exit status (None: it had to be killed) and how long that took."""
        begin = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        return status, time.monotonic() - begin


def machine_cpu():
    """CPU seconds that the machine has spent, and its CPUs."""
    with open("/proc/stat") as file:
        lines = file.read().splitlines()
    fields = [int(field) for field in lines[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK"), os.cpu_count()


def kernel_objects():
    """All programs, maps and links that the kernel has, as bpftool names them."""
    found = set()
    for kind in ("prog", "map", "link"):
        out = subprocess.run(["bpftool", "-j", kind, "show"], capture_output=True, check=True).stdout
        found |= {(kind, one["id"]) for one in json.loads(out or b"[]")}
    return found


def check_kernel_is_clean(checks, held):
    """What an agent held is gone; the kernel frees some of it a moment later."""
    left = until(lambda: not (held & kernel_objects()) or None, 10, 0.2)
    left = set() if left else held & kernel_objects()
    kinds = {kind: sum(one[0] == kind for one in held) for kind in ("prog", "map", "link")}
    checks("no program, map or link of the agent is left", held and not left,
           f"it held {kinds['prog']} programs, {kinds['map']} maps, {kinds['link']} links; left {sorted(left) or 'none'}")


def mib(size):
    return f"{size / (1 << 20):.1f} MiB"
