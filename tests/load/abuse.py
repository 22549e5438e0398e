"""Callers that do what they should not: always a clear answer or a closed connection, and nothing of it stays."""

import http.client
import json
import multiprocessing
import random
import resource
import selectors
import socket
import time

from agent import Agent, check_kernel_is_clean, mib, until
from watchers import NDJSON, Stream

TOKEN = "load-test-0123456789abcdef"
SEED = 20260521
CASES = 2000
STALL = 60
# What allocator and tables may keep after it all.
BAND = 48 << 20
# And what the same once more may add: nothing but noise.
BAND_AGAIN = 8 << 20


class Health:
    """Asks /healthz all the time, from a process of its own: by a connection that stays open, and by new ones."""

    def __init__(self, port):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=self.run, args=(port, theirs), daemon=True)
        self.process.start()
        theirs.close()

    @staticmethod
    def run(port, pipe):
        kept = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        seen = {"kept": [], "new": []}
        while True:
            for name in seen:
                connection = kept if name == "kept" else http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                begin = time.monotonic()
                try:
                    connection.request("GET", "/healthz")
                    response = connection.getresponse()
                    status = response.status
                    response.read()
                except (OSError, http.client.HTTPException) as error:
                    status = type(error).__name__
                    connection.close()
                seen[name].append((status, time.monotonic() - begin))
                if name == "new":
                    connection.close()
            if pipe.poll(0.05):
                try:
                    pipe.recv()
                except EOFError:
                    return
                pipe.send(seen)
                seen = {"kept": [], "new": []}

    def check(self, checks, what, full=False, waits=False):
        """`full`: there is no place for new connections, so those may be told so. `waits`: not even that can be said."""
        self.pipe.send(None)
        if not self.pipe.poll(30):
            checks(f"/healthz answers within 1 s: {what}", False, "no answer at all")
            return
        seen = self.pipe.recv()
        good = {"kept": {200}, "new": {200, 503} if full else {200}}
        ok = all(one in good[name] and took <= 1 or waits and name == "new" for name, all_seen in seen.items() for one, took in all_seen)
        said = []
        for name, all_seen in seen.items():
            kinds = sorted({str(status) for status, _ in all_seen})
            said.append(f"{name} connection: {len(all_seen)} times {'/'.join(kinds)}, at most {max(took for _, took in all_seen) * 1e3:.0f} ms")
        checks(f"/healthz answers within 1 s: {what}", ok, "; ".join(said))

    def end(self):
        if self.process.is_alive():
            self.process.kill()
        self.process.join(10)


class Raw:
    """Requests as bytes, of any kind."""

    def __init__(self, port):
        self.port, self.socket = port, None

    def ask(self, data, timeout=15):
        """(status, content type, body); status 0: the connection was closed without an answer, None: nothing came."""
        for fresh in (False, True):
            if self.socket is None or fresh:
                self.close()
                self.socket = socket.create_connection(("127.0.0.1", self.port), 10)
            self.socket.settimeout(timeout)
            try:
                self.socket.sendall(data)
            except OSError:
                # What was answered before all was sent can still be read.
                pass
            answer = self.answer()
            # A connection that was kept may be closed by now: that says nothing about this request.
            if answer[0] != 0 or fresh:
                return answer
        return answer

    def answer(self):
        raw = b""
        try:
            while b"\r\n\r\n" not in raw:
                part = self.socket.recv(65536)
                if not part:
                    self.close()
                    return (0, "", raw)
                raw += part
            head, body = raw.split(b"\r\n\r\n", 1)
            fields = {name.strip().lower(): value.strip() for name, _, value in
                      (line.partition(b":") for line in head.split(b"\r\n")[1:])}
            status, kind = int(head.split(b" ", 2)[1]), fields.get(b"content-type", b"").decode()
            if kind in ("application/x-ndjson", "text/event-stream"):
                self.close()
                return (status, kind, b"")
            while len(body) < int(fields.get(b"content-length", b"0")) and not body.endswith(b"0\r\n\r\n"):
                part = self.socket.recv(65536)
                if not part:
                    break
                body += part
            if fields.get(b"connection", b"").lower() == b"close" or b"transfer-encoding" in fields:
                self.close()
            return (status, kind, body)
        except TimeoutError:
            self.close()
            return (None, "", raw)
        except OSError:
            self.close()
            return (0, "", raw)

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def request(method, path, body=b"", headers=(), token=TOKEN, host=b"localhost"):
    lines = [b"%s %s HTTP/1.1" % (method, path), b"Host: " + host]
    if token:
        lines.append(b"Authorization: Bearer " + token.encode())
    if body:
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, *headers, b"", b""]) + body


def is_clear(answer, statuses=range(400, 500)):
    """A problem of one of these statuses that says what is wrong, or a clean close after what is no HTTP."""
    status, kind, body = answer
    if status == 0 or (status == 400 and not body):
        return True
    if status not in statuses or kind != "application/problem+json":
        return False
    try:
        problem = json.loads(body)
    except ValueError:
        return False
    return problem["status"] == status and bool(problem["detail"]) and all(c.isprintable() for c in problem["detail"])


def run(checks, binary, calls, quick):
    print("\n# abuse")
    # The soft limit that systemd and most shells give.
    agent = Agent(binary, token=TOKEN, descriptors=1024)
    health = None
    try:
        held = agent.kernel_objects()
        # Whatever is made once at first use is not a leak.
        for path in ("/metrics", "/api/v1/status", "/api/v1/traces", "/", "/openapi.json"):
            agent.get(path)
        health = Health(agent.port)
        time.sleep(1)
        before = agent.fds(), agent.threads(), agent.rss()
        silent, since = silent_watcher(agent), time.monotonic()
        slow_loris(checks, agent)
        health.check(checks, "while 100 connections send a byte a second")
        opened_and_closed(checks, agent)
        health.check(checks, "while 10,000 connections come and go")
        many_at_once(checks, agent)
        health.check(checks, "while 1,500 connections are open", full=True)
        without_descriptors(checks, agent)
        health.check(checks, "while there are no descriptors (a kept connection; new ones wait)", waits=True)
        fuzz(checks, agent)
        health.check(checks, f"during {CASES} garbage requests")
        tokens(checks, agent)
        tricks(checks, agent)
        oversized(checks, agent)
        health.check(checks, "during wrong tokens, path tricks and oversized requests")
        cut_off(checks, agent, silent, since)
        nothing_leaked(checks, agent, before, BAND)
        before = agent.fds(), agent.threads(), agent.rss()
        checks.note("the same once more")
        opened_and_closed(checks, agent)
        fuzz(checks, agent, SEED + 1)
        nothing_leaked(checks, agent, before, BAND_AGAIN)
        checks("nothing panicked", "panicked" not in agent.said(), agent.said()[-300:].replace("\n", " | "))
        held |= agent.kernel_objects()
        health.end()
        status, took = agent.end()
        checks("the agent ends with 0 within 10 s of SIGTERM", status == 0 and took <= 10, f"status {status} after {took:.1f} s")
        check_kernel_is_clean(checks, held)
    finally:
        if health:
            health.end()
        agent.end()


def silent_watcher(agent):
    """A watcher that reads nothing, of a job that has more for it than sockets hold."""
    job = agent.create(name="unread", lease="10m")["id"]
    return Stream(agent.port, job, NDJSON, reads=False, token=TOKEN)


def cut_off(checks, agent, silent, since):
    def stalled():
        return b'syscope_http_rejected_total{reason="stalled"} 1\n' in agent.get("/metrics")[2]

    cut = until(stalled, STALL + 15 - (time.monotonic() - since), 0.5)
    checks(f"a watcher that reads nothing is cut off after {STALL} s", cut and agent.get_json("/api/v1/status")["watchers"] == 0,
           f"found {time.monotonic() - since:.0f} s after it began")
    silent.socket.close()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 10)


def slow_loris(checks, agent):
    heads = [request(b"GET", b"/metrics") for _ in range(50)]
    bodies = [request(b"POST", b"/api/v1/traces", b"{" + b" " * 998 + b"}") for _ in range(50)]
    flows = []
    for text in heads + bodies:
        body = text.find(b"\r\n\r\n") + 4 if text.startswith(b"POST") else 0
        one = connect(agent.port)
        one.sendall(text[:body])
        one.setblocking(False)
        flows.append([one, text, body, body > 0, time.monotonic()])
    ended = {True: [], False: []}
    answers = set()
    end = time.monotonic() + 25
    while flows and time.monotonic() < end:
        time.sleep(1)
        for flow in list(flows):
            one, text, at, is_body, begun = flow
            try:
                one.send(text[at:at + 1])
                flow[2] += 1
            except OSError:
                pass
            try:
                part = one.recv(4096)
            except BlockingIOError:
                continue
            except OSError:
                part = b""
            answers.add(part.split(b"\r\n")[0].decode() or "closed")
            ended[is_body].append(time.monotonic() - begun)
            one.close()
            flows.remove(flow)
    for flow in flows:
        flow[0].close()
    checks("a slow-loris of 100 connections is ended", not flows and answers <= {"closed", "HTTP/1.1 408 Request Timeout"},
           f"{len(flows)} left; heads after at most {max(ended[False], default=0):.0f} s, bodies {max(ended[True], default=0):.0f} s; {sorted(answers)}")


def opened_and_closed(checks, agent):
    begin = time.monotonic()
    failed = 0
    pieces = [b"", b"G", b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n", b"\x16\x03\x01\x02\x00\x01", request(b"GET", b"/healthz"), b"\0" * 100]
    window = []
    for number in range(10_000):
        try:
            one = connect(agent.port)
            one.sendall(pieces[number % len(pieces)])
            window.append(one)
        except OSError:
            failed += 1
        if len(window) >= 50:
            for one in window:
                one.close()
            window.clear()
    for one in window:
        one.close()
    took = time.monotonic() - begin
    checks("10,000 connections opened and closed", failed < 100, f"{10_000 / took:,.0f}/s, {failed} not accepted")


def hold(port, count):
    """Opens connections and tells what became of each at once: held, told 503, or closed."""
    looks, kept, fates = selectors.EpollSelector(), [], {}
    for _ in range(count):
        try:
            one = connect(port)
        except OSError:
            fates["not accepted"] = fates.get("not accepted", 0) + 1
            continue
        one.setblocking(False)
        looks.register(one, selectors.EVENT_READ)
        kept.append(one)
    end = time.monotonic() + 2
    while time.monotonic() < end:
        for key, _ in looks.select(0.2):
            looks.unregister(key.fileobj)
            try:
                part = key.fileobj.recv(4096)
            except OSError:
                part = b""
            fate = "closed" if not part else "503" if part.startswith(b"HTTP/1.1 503") and b"problem+json" in part else "other"
            fates[fate] = fates.get(fate, 0) + 1
            key.fileobj.close()
            kept.remove(key.fileobj)
    fates["held"] = len(kept)
    return kept, fates


def many_at_once(checks, agent):
    kept, fates = hold(agent.port, 1500)
    fds = agent.fds()
    checks("of 1,500 connections at once those beyond the limit are told", fates.get("503", 0) + fates.get("closed", 0) >= 400
           and fates["held"] <= 1024 and not fates.get("other"), f"{fates}, {fds} descriptors")
    # Whoever says nothing loses the place.
    free = until(lambda: status_of(agent) == 200, 10, 0.2)
    checks("silent connections lose their place", free, "a new connection is served")
    for one in kept:
        one.close()


def status_of(agent, path="/healthz"):
    try:
        return agent.get(path, timeout=5)[0]
    except OSError:
        return 0


def without_descriptors(checks, agent):
    """The limit of descriptors is reached before that of connections."""
    raw = Raw(agent.port)
    first = raw.ask(request(b"GET", b"/healthz"))[0]
    until(lambda: agent.fds() < 200, 10)
    was = resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, (agent.fds() + 100, was[1]))
    kept, fates = hold(agent.port, 600)
    answers = [raw.ask(request(b"GET", path))[0] for path in (b"/healthz", b"/metrics", b"/api/v1/status")]
    for one in kept:
        one.close()
    back = until(lambda: status_of(agent) == 200, 15, 0.2)
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, was)
    raw.close()
    ready = until(lambda: status_of(agent, "/readyz") == 200, 10, 0.2)
    checks("without descriptors it goes on, and recovers", first == 200 and answers == [200] * 3 and back and ready,
           f"{fates}; a kept connection gets {answers}; afterwards {back and 200}")


def mutated(chance):
    """A body that began as a good one."""
    seeds = [
        {"name": "fuzz", "syscalls": ["openat", "%Files", "!read"], "failedOnly": True, "lease": "2s"},
        {"syscalls": ["1", "2"], "sampleRate": 10, "maxEvents": 5, "duration": "1s", "minLatency": "1ms"},
        {"namespace": "prod", "labelSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [
            {"key": "t", "operator": "In", "values": ["x"]}]}, "fieldSelector": {"matchLabels": {"metadata.name": "p"}}},
        {"containers": ["web"], "pods": ["p"], "images": ["i:1"], "lease": "0s"},
    ]
    odd = [None, True, -1, 0, 1 << 64, 1e308, "", "\0", "\x1b[31m", "a" * 5000, "0s", "-1s", "9" * 40 + "s", "%", "!", "../x", [], {}, [[[]]],
           {"a": None}, ["x"] * 600, "\ud800", "é" * 300, 0.5, "NaN"]
    spec = chance.choice(seeds)
    spec = json.loads(json.dumps(spec))
    for _ in range(chance.randrange(3)):
        key = chance.choice([*spec, "other", "lease", "sampleRate", "maxEvents", "name"])
        spec[key] = chance.choice(odd)
    text = json.dumps(spec).encode()
    how = chance.randrange(8)
    if how == 0:
        return text[:chance.randrange(len(text) + 1)]
    if how == 1:
        data = bytearray(text)
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    if how == 2:
        at = chance.randrange(len(text))
        return text[:at] + bytes(chance.randrange(256) for _ in range(chance.randrange(20))) + text[at:]
    if how == 3:
        return chance.choice([b"[" * 20_000, b'{"a":' * 10_000, b'{"name":"a","name":"b"}', b"\xff\xfe{}", b"nul", b"1e999999", b'"' * 99, b"\0" * 50])
    return text


def mutated_path(chance):
    words = [b"api", b"v1", b"traces", b"metrics", b"..", b".", b"", b"%2e%2e", b"%2f", b"%00", b"%zz", b"%ff%fe", b"events", b"healthz", b"assets",
             b"a" * 300, b";x=1", b"\xc3\xa9", b"{id}", b"etc", b"passwd", b"%25", b"syscalls", b"*"]
    path = b"/" + b"/".join(chance.choice(words) for _ in range(chance.randrange(1, 7)))
    if chance.random() < 0.3:
        path += b"?" + chance.choice([b"from=now", b"from=then", b"%", b"a=b&a=b&" * 50, b"from=%00", b"=", b"\x01"])
    return path


def fuzz(checks, agent, seed=SEED):
    chance, raw = random.Random(seed), Raw(agent.port)
    wrong, statuses = [], {}
    for case in range(CASES):
        if case % 2:
            method = chance.choice([b"GET", b"POST", b"DELETE", b"PUT", b"PATCH", b"OPTIONS", b"BREW"])
            data = request(method, mutated_path(chance))
        else:
            data = request(b"POST", b"/api/v1/traces", mutated(chance) or b" ")
        answer = raw.ask(data)
        statuses[answer[0]] = statuses.get(answer[0], 0) + 1
        ok = answer[0] is not None and (200 <= answer[0] < 400 or is_clear(answer))
        if not ok:
            wrong.append((data[:120], answer[0], answer[2][:120]))
        if case % 100 == 0:
            forget_jobs(agent)
    raw.close()
    forget_jobs(agent)
    checks(f"{CASES} mutated bodies and paths (seed {seed}) get an answer or a clear problem", not wrong,
           f"statuses {dict(sorted(statuses.items(), key=str))}; wrong {wrong[:3] or 'none'}")


def forget_jobs(agent):
    """Twice: what has ended is forgotten then."""
    for _ in range(2):
        for job in agent.get_json("/api/v1/traces")["traces"]:
            agent.delete(job["id"])


def tokens(checks, agent):
    raw = Raw(agent.port)
    wrong = [b"", b"Authorization: Bearer", b"Authorization: Bearer ", b"Authorization: Bearer wrong", b"Authorization: Basic " + TOKEN.encode(),
             b"Authorization: Bearer " + TOKEN[:-1].encode(), b"Authorization: Bearer " + TOKEN.encode() + b"x", b"Authorization: Bearer \xff\xfe",
             b"Authorization: Bearer " + b"a" * 8000, b"Authorization: Bearer " + TOKEN.encode() + b"\r\nAuthorization: Bearer x"]
    answers = {}
    for header in wrong:
        for method, path in ((b"GET", b"/metrics"), (b"GET", b"/api/v1/traces"), (b"POST", b"/api/v1/traces"), (b"DELETE", b"/api/v1/traces/x"),
                             (b"GET", b"/api/v1/traces/x/events"), (b"GET", b"/api/v1/processes"), (b"GET", b"//metrics"), (b"GET", b"/api/v1/../v1/status")):
            answer = raw.ask(request(method, path, headers=[header] if header else [], token=None))
            answers[(header[:40], method, path)] = answer
    raw.close()
    wrong = [(key, one[0]) for key, one in answers.items() if one[0] != 401 or not is_clear(one)]
    told = [key for key, one in answers.items() if TOKEN.encode() in one[2]]
    checks("wrong tokens are refused with 401", not wrong and not told and TOKEN not in agent.said(), f"{len(answers)} requests; others {wrong[:5] or 'none'}")


def tricks(checks, agent):
    raw = Raw(agent.port)
    paths = [b"/../../etc/passwd", b"/assets/../../etc/passwd", b"/assets/%2e%2e/%2e%2e/etc/passwd", b"/assets/..%2f..%2fetc%2fpasswd", b"/assets//etc/passwd",
             b"/assets/%00", b"/api/v1/traces/..", b"/api/v1/traces/%2e%2e", b"/api/v1/traces/a%2fb/events", b"/api/v1/traces/%0d%0aX: y", b"/api/v1/traces//events",
             b"/api/v1/traces/\x1b[31m", b"/API/V1/TRACES", b"/api/v1/traces/" + b"a" * 3000, b"/api\\v1\\traces", b"/./metrics/", b"*", b"http://example.com/etc", b"metrics"]
    wrong = []
    for path in paths:
        answer = raw.ask(request(b"GET", path))
        if not is_clear(answer) or b"root:" in answer[2]:
            wrong.append((path[:60], answer[0], answer[2][:80]))
    raw.close()
    checks("path tricks find nothing", not wrong, f"{len(paths)} paths; wrong {wrong or 'none'}")


def oversized(checks, agent):
    raw = Raw(agent.port)
    cases = {
        "a header of 20 KB": (request(b"GET", b"/metrics", headers=[b"X: " + b"a" * 20_000]), {431}),
        "headers of 200 KB": (request(b"GET", b"/metrics", headers=[b"X: " + b"a" * 200_000]), {431}),
        "300 headers": (request(b"GET", b"/metrics", headers=[b"X-%d: a" % at for at in range(300)]), {431}),
        "a target of 10 KB": (request(b"GET", b"/" + b"a" * 10_000), {414}),
        "a target of 200 KB": (request(b"GET", b"/" + b"a" * 200_000), {414, 431}),
        "a body of 100 KB": (request(b"POST", b"/api/v1/traces", b'{"name":"' + b"a" * 100_000 + b'"}'), {413}),
        "a body said to be of 1 TB": (b"POST /api/v1/traces HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + TOKEN.encode()
                                      + b"\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n{", {413}),
        "two lengths": (b"POST /api/v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", {400}),
        "a length that is none": (b"POST /api/v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n{}", {400}),
        "a chunk without end": (request(b"POST", b"/api/v1/traces", headers=[b"Content-Type: application/json", b"Transfer-Encoding: chunked"])
                                + b"20000\r\n" + b" " * 0x20000, {413}),
        "a chunk that is none": (request(b"POST", b"/api/v1/traces", headers=[b"Content-Type: application/json", b"Transfer-Encoding: chunked"]) + b"zz\r\n", {400}),
        "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10, {400}),
        "another version": (b"GET / HTTP/3.7\r\n\r\n", {400, 505}),
    }
    answers = {}
    for name, (data, statuses) in cases.items():
        raw.close()
        answer = raw.ask(data)
        answers[name] = (answer[0], is_clear(answer, statuses) or answer[0] in statuses and not answer[2])
    raw.close()
    wrong = [(name, status) for name, (status, ok) in answers.items() if not ok]
    checks("oversized and malformed requests are refused", not wrong, ", ".join(f"{name} {status or 'closed'}" for name, (status, _) in answers.items()))


def nothing_leaked(checks, agent, before, band):
    fds, threads, rss = before

    def back():
        return agent.fds() <= fds and agent.threads() <= threads

    # Threads for calls that may block end after 10 s without work.
    until(back, 30, 0.5)
    now = agent.fds(), agent.threads(), agent.rss()
    checks("descriptors are back where they were", now[0] <= fds, f"{fds} before, {now[0]} now")
    checks("threads are back where they were", now[1] <= threads, f"{threads} before, {now[1]} now")
    checks(f"the memory is within {mib(band)} of before", now[2] <= rss + band, f"{mib(rss)} before, {mib(now[2])} now, {mib(agent.rss_peak())} at most")
    status, _, body = agent.get("/metrics")
    open_now = [line for line in body.decode().splitlines() if line.startswith("syscope_http_connections ")]
    checks("no connection is counted that is gone", status == 200 and float(open_now[0].split()[1]) <= 3, open_now[0])
