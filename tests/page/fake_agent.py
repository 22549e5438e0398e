#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""An agent that invents its numbers: for the test of the charts page, and to look at the page. Nothing else uses it.

    tests/page/fake_agent.py [--port 9195] [--containers 500] [--no-latency] [--token TOKEN]

It serves the page as the real agent does, Content-Security-Policy included. What it counts is consistent: the history,
the histograms and the rows have the same sums. Some names are hostile. `POST /fake/mode` with one of `ok`, `unready`,
`broken` as its body makes all API requests fail in that way.
"""

import argparse
import json
import pathlib
import random
import re
import sys
import threading
import time
import urllib.parse
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ASSETS = pathlib.Path(__file__).resolve().parents[2] / "crates/syscope-server/assets"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>document.title='owned'</script>",
    "{v|9999}{a|b}",
    "\u202egnp.exe\u0007\u001b[31mred",
    "a*b?c\\d",
    "__proto__",
]
NAMESPACES = ["prod", "staging", "kube-system", "monitoring", "payments", "search", "ingress", "batch", "data", "ci"]
APPS = ["web", "api", "checkout", "index", "cache", "worker", "gateway", "auth", "mailer", "report", "ledger", "billing"]
UNITS = ["ssh.service", "systemd-journald.service", "containerd.service", "kubelet.service", "cron.service", "chrony.service"]
# Name, class, group, calls per second of a busy container, log2 of the usual nanoseconds, errors with their share.
CALLS = [
    ("read", "FileSystem", "ReadWrite", 900, 10, {"EAGAIN": 0.08}),
    ("write", "FileSystem", "ReadWrite", 620, 11, {"EPIPE": 0.0005}),
    ("futex", "IPC", "Futex", 560, 13, {"EAGAIN": 0.05, "ETIMEDOUT": 0.03}),
    ("epoll_wait", "FileSystem", "MultiplexedIO", 420, 19, {"EINTR": 0.002}),
    ("recvfrom", "Network", "IO", 380, 11, {"EAGAIN": 0.31}),
    ("sendto", "Network", "IO", 260, 12, {"ECONNRESET": 0.001}),
    ("openat", "FileSystem", "Files", 180, 12, {"ENOENT": 0.22, "EACCES": 0.004}),
    ("close", "FileSystem", "Files", 200, 9, {"EBADF": 0.001}),
    ("fstat", "FileSystem", "BasicAttributes", 150, 8, {}),
    ("newfstatat", "FileSystem", "BasicAttributes", 140, 10, {"ENOENT": 0.35}),
    ("mmap", "ProcessManagement", "VirtualMemory", 90, 12, {"ENOMEM": 0.0002}),
    ("munmap", "ProcessManagement", "VirtualMemory", 60, 12, {}),
    ("mprotect", "ProcessManagement", "VirtualMemory", 40, 11, {}),
    ("brk", "ProcessManagement", "VirtualMemory", 30, 10, {}),
    ("clock_gettime", "Time", "POSIXClocks", 75, 7, {}),
    ("nanosleep", "Time", "MiscellaneousTime", 20, 20, {"EINTR": 0.01}),
    ("clock_nanosleep", "Time", "POSIXClocks", 30, 20, {}),
    ("connect", "Network", "Sockets", 24, 14, {"EINPROGRESS": 0.6, "ECONNREFUSED": 0.05}),
    ("accept4", "Network", "Sockets", 28, 13, {"EAGAIN": 0.4}),
    ("socket", "Network", "Sockets", 26, 11, {"EAFNOSUPPORT": 0.01}),
    ("bind", "Network", "Naming", 4, 10, {"EADDRINUSE": 0.02}),
    ("listen", "Network", "Sockets", 3, 10, {}),
    ("setsockopt", "Network", "Sockets", 45, 9, {"ENOPROTOOPT": 0.02}),
    ("getsockopt", "Network", "Sockets", 20, 9, {}),
    ("execve", "ProcessManagement", "Execution", 6, 18, {"ENOENT": 0.4}),
    ("clone3", "ProcessManagement", "Process", 8, 16, {}),
    ("wait4", "ProcessManagement", "Process", 8, 22, {"ECHILD": 0.2}),
    ("exit_group", "ProcessManagement", "Process", 5, 12, {}),
    ("rt_sigaction", "Signals", "RealTime", 60, 8, {}),
    ("rt_sigprocmask", "Signals", "RealTime", 70, 8, {}),
    ("kill", "Signals", "Standard", 3, 10, {"ESRCH": 0.3}),
    ("pipe2", "IPC", "Pipes", 7, 11, {}),
    ("ioctl", "FileSystem", "Descriptors", 35, 10, {"ENOTTY": 0.6}),
    ("fcntl", "FileSystem", "Descriptors", 55, 8, {}),
    ("lseek", "FileSystem", "ReadWrite", 40, 8, {"ESPIPE": 0.1}),
    ("getdents64", "FileSystem", "Directories", 22, 13, {}),
    ("unlinkat", "FileSystem", "Links", 6, 14, {"ENOENT": 0.2}),
    ("fsync", "FileSystem", "SynchronizedIO", 4, 22, {}),
    ("getrandom", "System", "MiscellaneousSystem", 14, 9, {}),
    ("bpf", "Network", "Filtering", 1, 15, {"EPERM": 0.9}),
]


def stamp(seconds=None):
    """A moment as RFC 3339 with nanoseconds."""
    at = datetime.fromtimestamp(time.time() if seconds is None else seconds, timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


class Node:
    """What is counted. It goes on once in two seconds, so that two readers see the same."""

    def __init__(self, containers, latency):
        self.random = random.Random(7)
        self.latency = latency
        self.lock = threading.Lock()
        self.started = time.time() - 5400
        self.owners = self.make_owners(containers)
        self.errors = ["OK"]
        self.rows = []
        self.rates = []
        self.histograms = []
        self.make_rows()
        self.history = []
        self.moments()
        threading.Thread(target=self.run, daemon=True).start()

    def make_owners(self, containers):
        owners = []
        for number in range(containers):
            app = APPS[number % len(APPS)]
            namespace = NAMESPACES[int(len(NAMESPACES) * self.random.random() ** 2)]
            pod = f"{app}-{self.random.getrandbits(36):09x}-{self.random.getrandbits(20):05x}"
            owners.append({"namespace": namespace, "pod": pod, "container": app, "unit": ""})
        # A pod and its container of one name, a container without a pod, and those that mean harm.
        owners[0].update(namespace="prod", pod="prod", container="prod")
        for number, name in enumerate(HOSTILE[: max(0, containers - 6)]):
            owners[number + 1].update(pod=name, container=name if number % 2 else "app")
        owners[8 % containers].update(namespace=HOSTILE[0])
        for number in range(3):
            owners[(10 + number) % containers].update(namespace="", pod="", container=f"podman-{number}")
        units = [{"namespace": "", "pod": "", "container": "", "unit": unit} for unit in UNITS]
        return owners + units + [{"namespace": "", "pod": "", "container": "", "unit": ""}]

    def make_rows(self):
        for owner in range(len(self.owners)):
            busy = self.random.paretovariate(1.1) / 20
            for number, (_, _, _, rate, log, errors) in enumerate(CALLS):
                own = rate * min(busy, 30) * self.random.uniform(0.3, 1.7)
                self.histograms.append({"owner": owner, "syscall": number, "buckets": []})
                share = 1.0
                for error, part in errors.items():
                    if self.random.random() < 0.5:
                        continue
                    if error not in self.errors:
                        self.errors.append(error)
                    self.rates.append((own * part, log))
                    self.rows.append([owner, number, self.errors.index(error), 0, 0])
                    share -= part
                self.rates.append((own * share, log))
                self.rows.append([owner, number, 0, 0, 0])
        self.advance(3600, 1)

    def advance(self, seconds, load):
        """Calls of that many seconds go into rows and histograms."""
        for row, (rate, log) in zip(self.rows, self.rates):
            calls = int(rate * seconds * load * self.random.uniform(0.5, 1.5) + self.random.random())
            if calls == 0:
                continue
            row[3] += calls
            if not self.latency:
                continue
            buckets = self.histograms[row[0] * len(CALLS) + row[1]]["buckets"]
            buckets.extend([0] * (log + 6 - len(buckets)))
            left = calls
            for bucket, part in ((log + 1, 0.22), (log - 1, 0.2), (log + 2, 0.05), (log + 3, 0.012), (log + 4, 0.004), (log + 5, 0.001)):
                some = int(calls * part + self.random.random())
                some = min(some, left)
                buckets[bucket] += some
                left -= some
                row[4] += some * 3 * 2 ** (bucket - 1)
            buckets[log] += left
            row[4] += left * 3 * 2 ** (log - 1)

    def sums(self):
        latency = []
        if self.latency:
            latency = [0] * 40
            for histogram in self.histograms:
                for bucket, calls in enumerate(histogram["buckets"]):
                    latency[bucket] += calls
        calls = sum(row[3] for row in self.rows)
        return calls, calls - sum(row[3] for row in self.rows if row[2] == 0), latency

    def moments(self):
        """The past: what would have led to the sums of now."""
        now = time.time()
        calls, failed, latency = self.sums()
        rate, bad = calls / 3600, failed / 3600
        back = []
        for step in range(150):
            back.append({"ts": int((now - 2 * step) * 1000), "calls": int(calls), "failed": int(failed), "latency": [int(n) for n in latency]})
            wave = 1 + 0.25 * ((step // 20) % 3) + self.random.uniform(-0.1, 0.1)
            spike = 6 if step in (31, 32, 33, 34, 80, 81) else 1
            calls -= rate * 2 * wave
            failed -= bad * 2 * wave * spike
            slow = 2.5 if 60 < step < 75 else 1
            latency = [max(0, n - n / 3600 * 2 * wave * (slow if bucket > 18 else 1)) for bucket, n in enumerate(latency)]
        self.history = back[::-1]

    def run(self):
        while True:
            time.sleep(2)
            with self.lock:
                self.advance(2, self.random.uniform(0.8, 1.3))
                calls, failed, latency = self.sums()
                self.history.append({"ts": int(time.time() * 1000), "calls": calls, "failed": failed, "latency": latency})
                del self.history[:-150]

    def syscalls(self):
        with self.lock:
            reply = {
                "ts": self.history[-1]["ts"],
                "node": "worker-3",
                "owners": self.owners,
                "syscalls": [{"name": name, "class": kind, "group": group} for name, kind, group, *_ in CALLS],
                "errors": self.errors,
                "rows": [row for row in self.rows if row[3] > 0],
                "latency": self.latency,
                "history": self.history,
                "folded": 0,
            }
            if self.latency:
                reply["histograms"] = [one for one in self.histograms if one["buckets"]]
            return json.dumps(reply, separators=(",", ":")).encode()

    def containers(self):
        return [
            {"id": f"{number:064x}", "name": owner["container"], "image": f"registry.example/{owner['container']}:1", "runtime": "containerd",
             "pod": owner["pod"], "namespace": owner["namespace"], "labels": {}, "source": "cri", "cgroup": f"/kubepods/{number}",
             "state": "running" if number % 20 else "empty"}
            for number, owner in enumerate(self.owners) if owner["container"]
        ]

    def status(self, jobs):
        return {
            "version": "0.1.0", "node": "worker-3", "mode": "kubernetes", "started": stamp(self.started),
            "readiness": {"ready": True, "sources": [{"name": "kernel", "ok": True}, {"name": "counts", "ok": True}]},
            "hooks": ["sys_exit"], "latency": self.latency,
            "maps": [{"name": "counts", "entries": len(self.rows), "capacity": 65536, "updateErrors": 0}],
            "containers": {"containerd": len(self.owners) - len(UNITS) - 1}, "cgroups": {"running": 600}, "attribution": {},
            "jobs": jobs, "jobsMax": 64, "watchers": 0, "watchersMax": 256, "lost": {"ring_full": 0},
        }


class Job:
    """A trace job that invents events until it is stopped or has had its own."""

    def __init__(self, number, request, node):
        self.node = node
        self.lock = threading.Lock()
        self.condition = threading.Condition(self.lock)
        self.lines = []
        self.first = 0
        self.events = 0
        self.lost = 0
        self.end = None
        self.watchers = 0
        names = ("name", "namespace", "lease")
        self.name = request.get("name")
        self.request = request
        self.shape = {
            "id": f"job-{number}", "lease": request.get("lease", "5m"),
            "spec": {"syscalls": [], "containers": [], "pods": [], "images": [], "failedOnly": False, "minLatency": "0s",
                     "sampleRate": 1, "maxEvents": 0, "duration": "0s",
                     **{key: value for key, value in request.items() if key not in names}},
            "node": "worker-3", "started": stamp(), "containers": 3,
        }
        for name in ("name", "namespace"):
            if name in request:
                self.shape[name] = request[name]
        threading.Thread(target=self.run, daemon=True).start()

    def json(self):
        with self.lock:
            counts = {"produced": self.events + self.lost, "delivered": self.events, "sampledOut": 0, "lost": self.lost}
            job = {**self.shape, "running": self.end is None, "watchers": self.watchers, "counts": counts}
            if self.end is not None:
                job["end"] = self.end
            return job

    def put(self, record):
        self.lines.append(json.dumps(record).encode() + b"\n")
        if len(self.lines) > 1000:
            self.first += len(self.lines) - 1000
            del self.lines[:-1000]
        self.condition.notify_all()

    def stop(self, why):
        with self.lock:
            if self.end is None:
                self.end = why
                self.put({"type": "loss", "final": True, "job": self.shape["id"], "produced": self.events + self.lost,
                          "delivered": self.events, "lost": self.lost,
                          "by_reason": {"ring_full": self.lost, "malformed": 0}})

    def run(self):
        chance = random.Random(11)
        spec = self.shape["spec"]
        calls = [call for call in CALLS if call[0] in spec["syscalls"]] or CALLS
        while self.end is None:
            time.sleep(0.05)
            with self.lock:
                if self.end is not None:
                    return
                if self.events % 40 == 39 and chance.random() < 0.7:
                    self.lost += 17
                    self.put({"type": "loss", "ts": stamp(), "job": self.shape["id"], "reason": "ring_full", "lost": 17})
                # A job of this name makes more events than any reader can read.
                flood = self.name is not None and self.name.startswith("flood")
                for _ in range(1000 if flood else 1):
                    self.put(self.event(chance, chance.choice(calls), spec["failedOnly"]))
                    self.events += 1
                over = 0 < spec["maxEvents"] <= self.events
            if over:
                self.stop("max_events")

    def event(self, chance, call, failed_only):
        name, kind, group, _, log, errors = call
        owner = chance.choice([one for one in self.node.owners[:60] if one["container"]])
        path = chance.choice(["/etc/hosts", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/tmp/" + chance.choice(HOSTILE), "/var/lib/app/data.db"])
        error = chance.choice(list(errors)) if errors and (failed_only or chance.random() < 0.3) else "OK"
        ret = 3 if error == "OK" else -2
        args = {
            "openat": {"dirfd": "AT_FDCWD", "pathname": path, "flags": ["O_RDONLY", "O_CLOEXEC"]},
            "connect": {"sockfd": 7, "addr": {"sa_family": "AF_INET", "sin_port": 443, "sin_addr": "10.0.3.7"}, "addrlen": 16},
            "read": {"fd": 3, "fd_path": path, "buf": {"text": "GET / HTTP/1.1\r\nHost: ", "truncated": True}, "count": 4096},
        }.get(name, {"fd": chance.randrange(3, 40), "count": chance.randrange(1, 65536)})
        return {
            "ts": stamp(), "type": "syscall", "node": "worker-3", "job": self.shape["id"],
            "syscall": {"nr": 1, "name": name, "class": kind, "group": group}, "args": args, "ret": ret, "error": error,
            "latency_ns": int(2 ** log * chance.uniform(0.6, 4)),
            "process": {"pid": chance.randrange(1000, 90000), "tid": 1, "uid": 0, "gid": 0, "comm": chance.choice(["nginx", "sh", HOSTILE[0]])},
            "container": {"id": "13765a70", "name": owner["container"], "pod": owner["pod"], "namespace": owner["namespace"]},
        }


class Agent(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address, node, token):
        super().__init__(address, Handler)
        self.node = node
        self.token = token
        self.mode = "ok"
        self.jobs = {}
        self.number = 0
        self.lock = threading.Lock()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def json(self, status, value):
        self.answer(status, json.dumps(value).encode())

    def problem(self, status, title, detail):
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        self.answer(status, json.dumps(body).encode(), "application/problem+json")

    def allowed(self):
        """Whether the API may be used; if not, that was answered."""
        if self.server.mode == "unready":
            self.problem(503, "Service Unavailable", "counts: the programs are being loaded")
        elif self.server.mode == "broken":
            self.close_connection = True
        elif self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self.problem(401, "Unauthorized", "no token, or one that is not known")
        else:
            return True
        return False

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path in ("/", "/metrics/charts"):
            return self.asset("index.html")
        if path.startswith("/assets/"):
            return self.asset(path.removeprefix("/assets/"))
        if not path.startswith("/api/v1/"):
            return self.problem(404, "Not Found", "there is nothing at this address")
        if not self.allowed():
            return None
        if path == "/api/v1/syscalls":
            return self.answer(200, self.server.node.syscalls())
        if path == "/api/v1/status":
            return self.json(200, self.server.node.status(len(self.server.jobs)))
        if path == "/api/v1/containers":
            return self.json(200, {"containers": self.server.node.containers()})
        if path == "/api/v1/traces":
            return self.json(200, {"traces": [job.json() for job in self.server.jobs.values()]})
        found = re.fullmatch(r"/api/v1/traces/([^/]+)(/events)?", path)
        job = self.server.jobs.get(urllib.parse.unquote(found[1])) if found else None
        if job is None:
            return self.problem(404, "Not Found", "no such job")
        return self.events(job) if found[2] else self.json(200, job.json())

    def asset(self, name):
        file = (ASSETS / name).resolve()
        if not file.is_relative_to(ASSETS) or not file.is_file():
            return self.problem(404, "Not Found", "no such asset")
        return self.answer(200, file.read_bytes(), TYPES.get(file.suffix, "text/plain; charset=utf-8"))

    def events(self, job):
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        job.watchers += 1
        try:
            at = job.first
            while True:
                with job.condition:
                    job.condition.wait_for(lambda: job.first + len(job.lines) > at or job.end, timeout=5)
                    lines = []
                    if at < job.first:
                        gap = {"type": "loss", "ts": stamp(), "job": job.shape["id"], "reason": "watcher_slow", "lost": job.first - at}
                        lines.append(json.dumps(gap).encode() + b"\n")
                        at = job.first
                    lines += job.lines[at - job.first:]
                    at = job.first + len(job.lines)
                    over = job.end is not None
                data = b"".join(lines)
                if data:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                if over:
                    break
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True
        finally:
            job.watchers -= 1

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1 << 20))
        if self.path == "/fake/mode":
            self.server.mode = body.decode()
            return self.answer(204)
        if self.path != "/api/v1/traces":
            return self.problem(404, "Not Found", "there is nothing at this address")
        if not self.allowed():
            return None
        request = json.loads(body)
        unknown = [name for name in request.get("syscalls", []) if not name.startswith("%") and name not in [call[0] for call in CALLS]]
        if unknown:
            return self.problem(400, "Bad Request", f"no system call is called {unknown[0]}")
        with self.server.lock:
            for job in self.server.jobs.values():
                if request.get("name") and job.name == request["name"] and job.request == request and job.end is None:
                    return self.json(200, job.json())
            self.server.number += 1
            job = Job(self.server.number, request, self.server.node)
            self.server.jobs[job.shape["id"]] = job
        return self.json(201, job.json())

    def do_DELETE(self):
        job = self.server.jobs.get(self.path.removeprefix("/api/v1/traces/"))
        if not self.allowed():
            return None
        if job is None:
            return self.problem(404, "Not Found", "no such job")
        job.stop("deleted")
        return self.answer(204)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--port", type=int, default=9195, help="on the loopback address; 0 is any")
    options.add_argument("--containers", type=int, default=500)
    options.add_argument("--no-latency", action="store_true")
    options.add_argument("--token")
    chosen = options.parse_args()
    agent = Agent(("127.0.0.1", chosen.port), Node(chosen.containers, not chosen.no_latency), chosen.token)
    print(f"http://127.0.0.1:{agent.server_address[1]}/", flush=True)
    try:
        agent.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
