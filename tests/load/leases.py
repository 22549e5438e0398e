"""Clients that vanish: what they began is gone after its lease, and nothing else is."""

import multiprocessing
import os
import signal
import time

from agent import Agent, check_kernel_is_clean, until
from watchers import NDJSON, SSE, WEBSOCKET, Stream

LEASE = 2
# The engine looks twice a second; a busy machine may take its time.
SLACK = 3


class Client:
    """A process that makes a job, watches it, and does not end by itself."""

    def __init__(self, port, job, kind):
        ours, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=self.run, args=(port, job, kind, theirs), daemon=True)
        self.process.start()
        theirs.close()
        if not ours.poll(30) or ours.recv() != "watching":
            self.kill()
            raise AssertionError("a client cannot watch its job")

    @staticmethod
    def run(port, job, kind, pipe):
        stream = Stream(port, job, kind).read_head()
        stream.socket.setblocking(True)
        pipe.send("watching")
        while stream.ready():
            pass

    def kill(self):
        if self.process.is_alive():
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.join(10)


def run(checks, binary, calls, quick):
    print("\n# clients that are killed, leases, named jobs")
    agent = Agent(binary)
    clients = []
    try:
        held = agent.kernel_objects()
        make = lambda name, call: agent.create(name=name, syscalls=[call], lease=f"{LEASE}s")["id"]
        # Busy jobs have something to write to whoever is gone; quiet ones have nothing that would show it.
        alone = [(make(f"alone-{kind}-{call}", call), kind) for kind in (NDJSON, SSE, WEBSOCKET) for call in ("read", "swapoff")]
        shared = make("shared", "swapoff")
        victims = [Client(agent.port, job, kind) for job, kind in alone] + [Client(agent.port, shared, NDJSON)]
        stays = Client(agent.port, shared, WEBSOCKET)
        clients = [*victims, stays]
        time.sleep(LEASE + 1.5)
        running = [agent.job(job)["running"] for job, _ in alone]
        checks("jobs that are watched outlive their lease", all(running) and agent.job(shared)["running"], f"{len(running) + 1} jobs")
        killed = time.monotonic()
        for client in victims:
            client.kill()
        gone = lambda: all(not agent.job(job)["running"] for job, _ in alone)
        until(gone, LEASE + SLACK)
        took = time.monotonic() - killed
        ends = [agent.job(job).get("end") for job, _ in alone]
        checks("the jobs of clients that were killed end after the lease", ends == ["lease"] * len(alone) and took >= LEASE - 0.5,
               f"{len(alone)} jobs (busy and quiet; NDJSON, SSE, WebSocket) gone {took:.1f} s after kill -9")
        time.sleep(LEASE + SLACK - min(took, LEASE + SLACK) + 1)
        now = agent.job(shared)
        checks("a job with a living watcher stays", now["running"] and now["watchers"] == 1, f"watchers {now['watchers']}")
        stays.kill()
        checks("and goes after the last one", until(lambda: not agent.job(shared)["running"], LEASE + SLACK), agent.job(shared).get("end"))

        spec = dict(name="named", syscalls=["swapoff"], lease=f"{LEASE}s")
        status, _, body = agent.request("POST", "/api/v1/traces", spec)
        first = agent.create(**spec)["id"]
        same = []
        for _ in range(2 * LEASE + 2):
            time.sleep(LEASE / 2)
            again, _, body = agent.request("POST", "/api/v1/traces", spec)
            same.append((again, first.encode() in body))
        checks("a named job that is posted again is the same job and renews its lease",
               status == 201 and all(one == (200, True) for one in same), f"{len(same)} times within {len(same) * LEASE / 2:.0f} s")
        status, kind, _ = agent.request("POST", "/api/v1/traces", {**spec, "failedOnly": True})
        checks("another spec under the same name is refused", status == 409 and "problem+json" in kind, f"{status}")
        checks("without renewal it goes", until(lambda: not agent.job(first)["running"], LEASE + SLACK), agent.job(first).get("end"))
        fresh = agent.create(**spec)["id"]
        checks("then the name is free", fresh != first)
        checks("no watcher is counted that is gone", agent.get_json("/api/v1/status")["watchers"] == 0)
        held |= agent.kernel_objects()
        status, took = agent.end()
        checks("the agent ends with 0 within 10 s of SIGTERM", status == 0 and took <= 10, f"status {status} after {took:.1f} s")
        check_kernel_is_clean(checks, held)
    finally:
        for client in clients:
            client.kill()
        agent.end()
