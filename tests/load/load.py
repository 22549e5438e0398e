"""Many jobs, many watchers, many events: what of it is delivered, and that nothing is lost silently."""

import collections
import os
import re
import subprocess
import threading
import time

from agent import Agent, Generator, check_kernel_is_clean, machine_cpu, mib, percentile, until
from watchers import NDJSON, SSE, WEBSOCKET, Crowd

RATE = 300_000
SECONDS = 60
STREAM = 2 << 20
WINDOW = 5
# The memory of the agent is bounded by its parts:
IDLE = 36 << 20            # code, tables, threads, the rings (2 x 8 MiB)
HELD = 65_536 * (192 + 256)  # records that wait for the owner of a new cgroup, each with what is behind it
PER_JOB = STREAM           # --stream-size
PER_WATCHER = 192 << 10    # a chunk (64 KiB) in hand, one in the connection's buffer, and its frame
# All but IDLE comes and goes: an eighth more of it may be pieces that the allocator has between what is used.


def specs(names):
    """Fifty jobs: one for each of the twenty calls, which together want every call once, and thirty with other filters."""
    works, fails = names[:10], names[10:]
    jobs = [dict(syscalls=[name]) for name in names]
    jobs += [dict(syscalls=names, failedOnly=True, sampleRate=rate) for rate in (3, 10, 33, 100, 333, 1000)]
    jobs += [dict(syscalls=fails, sampleRate=rate) for rate in (7, 50, 1000, 100_000)]
    jobs += [dict(syscalls=works[:2], failedOnly=True) for _ in range(2)]
    jobs += [dict(syscalls=works[at:at + 3], sampleRate=20 * (at + 1)) for at in range(6)]
    jobs += [dict(syscalls=[names[at]], maxEvents=events) for at, events in enumerate((1, 1000, 20_000, 50_000))]
    jobs += [dict(syscalls=["nanosleep"], minLatency=least) for least in ("1us", "500us", "10ms")]
    jobs += [dict(syscalls=[names[at]], duration="4s") for at in range(2)]
    # Nobody reads these; their lease ends them.
    jobs += [dict(syscalls=[names[at]], lease="2s") for at in range(3)]
    for number, job in enumerate(jobs):
        job["name"] = f"load-{number}"
        job.setdefault("lease", "120s")
    assert len(jobs) == 50
    return jobs


def watches(jobs):
    """Two hundred watchers of the jobs that have some: (job, form, whether it reads)."""
    watched = [job["id"] for job in jobs if job["lease"] != "2s"]
    forms = [NDJSON] * 6 + [SSE, SSE] + [WEBSOCKET, WEBSOCKET]
    return [(watched[at % len(watched)], forms[(at * 7 + at // len(watched)) % len(forms)], at % 4 != 3) for at in range(200)]


def cpu_of(pid):
    """CPU seconds of a process."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Scrapes(threading.Thread):
    """Reads /metrics twice a second."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.agent, self.stop, self.took, self.failed, self.rss = agent, threading.Event(), [], 0, []

    def run(self):
        while not self.stop.wait(0.5):
            begin = time.monotonic()
            try:
                status, _, body = self.agent.get("/metrics", timeout=10)
                ok = status == 200 and b"syscope_events_total" in body
            except OSError:
                ok = False
            self.failed += not ok
            self.took.append(time.monotonic() - begin)
            self.rss.append(self.agent.rss())


def run(checks, binary, calls, quick):
    seconds = SECONDS
    print(f"\n# 50 jobs, 200 watchers (50 never read), {RATE} calls/s asked for, {seconds} s")
    agent = Agent(binary, "--stream-size", str(STREAM))
    generator = crowd = None
    try:
        held = agent.kernel_objects()
        idle = agent.rss()
        names = subprocess.run([calls, "names"], capture_output=True, check=True, text=True).stdout.split()
        jobs = [agent.create(**spec) for spec in specs(names)]
        held |= agent.kernel_objects()
        crowd = Crowd(agent.port, watches(jobs))
        scrapes = Scrapes(agent)
        cpu, wall, machine = agent.cpu(), time.monotonic(), machine_cpu()[0]
        children, own = cpu_of(crowd.process.pid), time.process_time()
        crowd.ask("reset")
        generator = Generator(calls, RATE, seconds)
        scrapes.start()
        time.sleep(seconds / 2)
        # A job begins and ends also while everything runs.
        begin = time.monotonic()
        extra = agent.create(name="meanwhile", syscalls=["getppid"])
        began = time.monotonic() - begin
        begin = time.monotonic()
        status, _ = agent.delete(extra["id"])
        ended = time.monotonic() - begin
        made = generator.made()
        wall = time.monotonic() - wall
        used = {name: (now - cpu.get(name, 0)) / wall for name, now in agent.cpu().items()}
        watching = (cpu_of(crowd.process.pid) - children) / wall
        all_used = (machine_cpu()[0] - machine) / wall
        others = all_used - sum(used.values()) - watching - made["cpu"] / wall - (time.process_time() - own) / wall
        scrapes.stop.set()
        scrapes.join()
        held |= agent.kernel_objects()
        peak = agent.rss_peak()
        rate = made["calls"] / made["seconds"]
        report(checks, agent, jobs, crowd, made)
        checks("a job begins and ends while everything runs", status == 200, f"{began * 1e3:.0f} ms, {ended * 1e3:.0f} ms")
        limit = IDLE + (HELD + 50 * PER_JOB + 200 * PER_WATCHER) * 9 // 8
        checks("the memory is bounded", peak <= limit,
               f"at most {mib(peak)} resident of {mib(limit)} allowed ({mib(idle)} before; half-time {mib(scrapes.rss[len(scrapes.rss) // 2])}, "
               f"end {mib(scrapes.rss[-1])})")
        attribution = agent.get_json("/api/v1/status")["attribution"]
        checks.note(f"records that waited for the owner of a cgroup: {attribution}")
        took = [one * 1e3 for one in scrapes.took]
        checks("/metrics answers all the time", scrapes.failed == 0 and percentile(took, 0.95) <= 1000,
               f"{len(took)} scrapes, p50 {percentile(took, .5):.0f} ms, p90 {percentile(took, .9):.0f} ms, "
               f"p99 {percentile(took, .99):.0f} ms, max {max(took):.0f} ms")
        checks.note(f"calls made: {rate:,.0f}/s of {RATE:,}/s asked for; CPU of the agent's threads: "
                    + ", ".join(f"{name} {part:.0%}" for name, part in sorted(used.items(), key=lambda one: -one[1]) if part > 0.01)
                    + f"; the calls {made['cpu'] / made['seconds']:.0%} ({made['cpu'] / made['calls'] * 1e9:.0f} ns each), "
                    f"the watchers {watching:.0%}, other processes {max(0, others):.0%} of {os.cpu_count()} CPUs")
        stalled = re.search(rb'syscope_http_rejected_total\{reason="stalled"\} (\d+)', agent.get("/metrics")[2])
        checks.note(f"streams that were ended because nobody read them for 60 s: {stalled and int(stalled.group(1))}")
        finish(checks, agent, jobs, crowd, held)
    finally:
        if generator:
            generator.end()
        if crowd:
            crowd.end()
        agent.end()


def report(checks, agent, jobs, crowd, made):
    status = agent.get_json("/api/v1/status")
    counts = [agent.job(job["id"])["counts"] for job in jobs]
    total = {name: sum(one[name] for one in counts) for name in ("produced", "delivered", "sampledOut", "lost")}
    seconds = made["seconds"]
    checks.note(f"events of all jobs: produced {total['produced'] / seconds:,.0f}/s, into streams {total['delivered'] / seconds:,.0f}/s, "
                f"sampled out {total['sampledOut'] / seconds:,.0f}/s, lost before the streams {total['lost'] / seconds:,.0f}/s "
                f"({total['lost'] / max(1, total['produced']):.1%}); status: {status['lost']}")
    results = crowd.ask("results")
    readers = [one for one in results if one["reads"]]
    got = sum(one["events"] for one in readers)
    missed = sum(one["gaps"] for one in readers)
    checks.note(f"150 readers: {got / seconds:,.0f} events/s, {sum(one['bytes'] for one in readers) / seconds / 1e6:,.0f} MB/s, "
                f"missed {missed / seconds:,.0f} events/s, of which all was told")


def account_adds_up(final):
    return final["produced"] == final["delivered"] + final["sampled_out"] + final["lost"]


def finish(checks, agent, jobs, crowd, held):
    """Ends half of the jobs by DELETE and the rest with the agent."""
    leased = [job["id"] for job in jobs if job["lease"] == "2s"]
    ends = [agent.job(job)["end"] if agent.job(job) else "forgotten" for job in leased]
    checks("jobs that nobody reads end with their lease", all(end == "lease" for end in ends), f"{ends}")
    running = [job["id"] for job in jobs if agent.job(job["id"])["running"]]
    deleted = running[::2]
    for job in deleted:
        agent.delete(job)
    accounts = {}
    for job in jobs:
        now = agent.job(job["id"])
        if now and not now["running"]:
            accounts[job["id"]] = now["counts"]
    wrong = [job for job, one in accounts.items() if one["produced"] != one["delivered"] + one["sampledOut"] + one["lost"]]
    checks("produced = delivered + sampledOut + lost for every job that has ended", not wrong,
           f"{len(accounts)} jobs; wrong {[(job, accounts[job]) for job in wrong] or 'none'}")
    limited = [job for job in jobs if job["spec"]["maxEvents"]]
    limited = [(job["spec"]["maxEvents"], now["counts"]["delivered"], now.get("end", "runs")) for job in limited
               for now in [agent.job(job["id"])]]
    checks("jobs end with exactly maxEvents, and with fewer only if there were fewer",
           all(got == most if end == "max_events" else got < most for most, got, end in limited), f"{limited}")

    def all_ended():
        return all(one["final"] for one in crowd.ask("results") if one["reads"] and one["job"] in deleted)

    all_ended() or until(all_ended, 30, 0.5)
    status, took = agent.end()
    results = until(lambda: (found := crowd.ask("results")) and all(one["final"] for one in found if one["reads"]) and found, 15, 0.5)
    results = results or crowd.ask("results")
    checks("the agent ends with 0 within 10 s of SIGTERM", status == 0 and took <= 10, f"status {status} after {took:.1f} s")
    check_kernel_is_clean(checks, held)
    readers = [one for one in results if one["reads"]]
    # Also of what they read at the end: nothing that was ever there for them is left out.
    slowest = max(readers, key=lambda one: one["behind"])
    name = next(job["name"] for job in jobs if job["id"] == slowest["job"])
    checks(f"no watcher that reads waits longer than {WINDOW} s for what is there", slowest["behind"] <= WINDOW,
           f"at most {slowest['behind']:.2f} s ({slowest['kind']}, job {name}, {slowest['events']:,} events), of {len(readers)}")
    for form in (NDJSON, SSE, WEBSOCKET):
        of_form = [one for one in readers if one["kind"] == form]
        without = [one for one in of_form if not one["final"]]
        ends = collections.Counter(one["final"]["end"] for one in of_form if one["final"])
        checks(f"every {form} stream that is read ends with a final object", not without,
               f"{len(of_form)} streams, ends {dict(ends)}; without {[(one['job'], one['error'], one['events']) for one in without[:5]] or 'none'}")
    finals = [one for one in readers if one["final"]]
    wrong_end = [one for one in finals if one["job"] in deleted and one["final"]["end"] != "deleted"]
    checks("what was deleted says so", not wrong_end, f"{len(deleted)} jobs deleted")
    wrong = [one for one in finals if not account_adds_up(one["final"])]
    checks("the account of every final object adds up", not wrong, f"wrong {[one['final'] for one in wrong[:3]] or 'none'}")
    wrong = [one for one in finals if one["events"] + one["final"]["missed"] != one["final"]["delivered"]]
    checks("events read + missed = delivered for every watcher", not wrong,
           f"{len(finals)} watchers; wrong {[(one['kind'], one['events'], one['final']) for one in wrong[:3]] or 'none'}")
    wrong = [one for one in finals if one["gaps"] != one["final"]["missed"] or one["after_final"]
             or one["ring_lost"] > one["final"]["lost"] or one["ring_lost"] < one["final"]["lost"] and not one["gaps"]]
    # Where a watcher missed lines, some of them may have told of losses: those it learns from the final object.
    checks("gaps in the stream sum up to the final object, and nothing follows it", not wrong,
           f"wrong {[(one['gaps'], one['ring_lost'], one['after_final'], one['final']) for one in wrong[:3]] or 'none'}")
