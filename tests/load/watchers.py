"""Watchers of jobs: many streams read by one process, or not read at all."""

import base64
import calendar
import json
import multiprocessing
import os
import re
import selectors
import socket
import struct
import time

NDJSON, SSE, WEBSOCKET = "ndjson", "sse", "websocket"
CHUNK = 1 << 18
TIME = re.compile(rb'^(?:data: )?\{"ts":"([^"]{16}):(\d\d)(\.\d+)?Z"')
LATENCY = re.compile(rb'"latency_ns":(\d+)')
DAYS = {}  # minutes that were read before


class Stream:
    """One stream. Counts its lines, parses those that tell of losses."""

    def __init__(self, port, job, kind, reads=True, token=None):
        self.job, self.kind, self.reads = job, kind, reads
        self.events = self.bytes = 0
        self.gaps = self.ring_lost = 0
        self.final = None
        self.after_final = 0
        self.closed = None
        self.error = None
        self.raw = b""        # not yet taken apart: HTTP chunks, frames
        self.text = b""       # lines without their end
        self.left = 0         # bytes of the current HTTP chunk that are still to come
        self.head = False
        self.progress = time.time()
        self.behind = 0.0     # longest time that there was something to read and nothing was read
        self.first = None     # first line of what was read last
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lines = [f"GET /api/v1/traces/{job}/events HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if kind == SSE:
            lines.append("Accept: text/event-stream")
        if kind == WEBSOCKET:
            key = base64.b64encode(os.urandom(16)).decode()
            lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())

    def fileno(self):
        return self.socket.fileno()

    def read_head(self, timeout=30):
        """Waits for the head of the answer: from then on the server reads for this watcher."""
        self.socket.settimeout(timeout)
        while b"\r\n\r\n" not in self.raw:
            part = self.socket.recv(CHUNK)
            if not part:
                raise OSError(f"closed before the head: {self.raw!r}")
            self.raw += part
        head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        status = int(head.split(b" ", 2)[1])
        if status != (101 if self.kind == WEBSOCKET else 200):
            raise OSError(f"status {status}: {(head + self.raw)[:400]!r}")
        self.socket.setblocking(False)
        return self

    def ready(self):
        """Reads what is there; False at the end of the connection."""
        try:
            part = self.socket.recv(CHUNK)
        except BlockingIOError:
            return True
        except OSError as error:
            self.error = str(error)
            return False
        if not part:
            return False
        self.bytes += len(part)
        self.first = None
        self.take(part)
        now = time.time()
        # There was something to read since its first event was, unless it read something else meanwhile. Where events are missing,
        # there was all the time.
        if self.first and not self.final:
            since = self.progress if b'"type":"loss"' in self.first else max(self.progress, ended_at(self.first))
            self.behind = max(self.behind, now - since)
        self.progress = now
        return True

    def take(self, part=b""):
        self.raw += part
        (self.frames if self.kind == WEBSOCKET else self.chunks)()

    def chunks(self):
        """Chunked transfer coding (RFC 9112, 7.1)."""
        raw, at, out = self.raw, 0, []
        while at < len(raw):
            if self.left > 2:
                piece = raw[at:at + self.left - 2]
                out.append(piece)
                at += len(piece)
                self.left -= len(piece)
            elif self.left > 0:
                skipped = min(self.left, len(raw) - at)
                at += skipped
                self.left -= skipped
            else:
                end = raw.find(b"\r\n", at)
                if end < 0:
                    break
                size = int(raw[at:end], 16)
                at = end + 2
                if size == 0:
                    self.closed = "whole"
                    break
                self.left = size + 2
        self.raw = raw[at:]
        self.lines(b"".join(out))

    def frames(self):
        """Frames of a WebSocket (RFC 6455, 5.2), none of which is fragmented."""
        raw, at = self.raw, 0
        while len(raw) - at >= 2:
            kind, size, begin = raw[at] & 15, raw[at + 1] & 127, at + 2
            if size == 126:
                if len(raw) < begin + 2:
                    break
                size, begin = struct.unpack_from(">H", raw, begin)[0], begin + 2
            elif size == 127:
                if len(raw) < begin + 8:
                    break
                size, begin = struct.unpack_from(">Q", raw, begin)[0], begin + 8
            if len(raw) < begin + size:
                break
            at = begin + size
            if kind == 1:
                line = raw[begin:at]
                self.first = self.first or line
                if b'"type":"loss"' in line:
                    self.loss(line)
                else:
                    self.events += 1
                    self.after_final += self.final is not None
            elif kind == 9:
                self.send_frame(10, raw[begin:at])
            elif kind == 8:
                self.closed = "whole"
                self.send_frame(8, raw[begin:at][:2])
        self.raw = raw[at:]

    def send_frame(self, kind, data):
        try:
            # The mask may be zero: it hides nothing here.
            self.socket.send(bytes([0x80 | kind, 0x80 | len(data), 0, 0, 0, 0]) + data)
        except OSError:
            pass

    def lines(self, data):
        data = self.text + data
        end = data.rfind(b"\n") + 1
        self.text, data = data[end:], data[:end]
        if data and not self.first:
            self.first = next((line for line in data.split(b"\n", 2) if b"{" in line), None)
        # Every line is an object, with its line feeds escaped; comments of SSE are none.
        lines = data.count(b"}\n")
        self.after_final += lines if self.final else 0
        at = losses = 0
        # A string of the event has its quotes escaped, so this is the line's own type.
        while (at := data.find(b'"type":"loss"', at)) >= 0:
            begin, stop = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
            self.loss(data[begin:stop].removeprefix(b"data: "))
            losses, at = losses + 1, stop
            if self.final and data[stop:].strip():
                self.after_final += 1
        self.events += lines - losses

    def loss(self, line):
        loss = json.loads(line)
        if loss.get("final"):
            self.final = loss
        elif loss["reason"] == "watcher_slow":
            self.gaps += loss["lost"]
        else:
            self.ring_lost += loss["lost"]

    def result(self):
        names = ("job", "kind", "reads", "events", "bytes", "gaps", "ring_lost", "final", "after_final", "closed", "error", "behind")
        return {name: getattr(self, name) for name in names}


def ended_at(line):
    """When the call of an event ended: seconds since 1970. A line without a time counts as written now."""
    found = TIME.search(line)
    if not found:
        return time.time()
    day, seconds, part = found.groups()
    if day not in DAYS:
        DAYS[day] = calendar.timegm(time.strptime(day.decode(), "%Y-%m-%dT%H:%M"))
    took = LATENCY.search(line)
    return DAYS[day] + int(seconds) + float(b"0" + part) + (int(took.group(1)) / 1e9 if took else 0)


class Crowd:
    """Watchers in a process of their own. `watch` lists (job, kind, reads)."""

    def __init__(self, port, watch):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=self.run, args=(port, watch, theirs), daemon=True)
        self.process.start()
        theirs.close()
        ready = self.pipe.recv() if self.pipe.poll(60) else "it does not answer"
        if ready != "ready":
            self.end()
            raise SystemExit(f"the watchers cannot begin: {ready}")

    def ask(self, what, timeout=60):
        self.pipe.send(what)
        if not self.pipe.poll(timeout):
            raise SystemExit("the watchers do not answer")
        return self.pipe.recv()

    def end(self):
        if self.process.is_alive():
            self.process.kill()
        self.process.join(10)

    @staticmethod
    def run(port, watch, pipe):
        os.setsid()
        try:
            streams = [Stream(port, *one) for one in watch]
            for stream in streams:
                if stream.reads:
                    stream.read_head()
                    stream.take()
        except OSError as error:
            pipe.send(str(error))
            return
        pipe.send("ready")
        looks = selectors.EpollSelector()
        looks.register(pipe, selectors.EVENT_READ)
        for stream in streams:
            if stream.reads:
                looks.register(stream, selectors.EVENT_READ)
        while True:
            for key, _ in looks.select():
                if key.fileobj is not pipe:
                    if not key.fileobj.ready():
                        looks.unregister(key.fileobj)
                        key.fileobj.socket.close()
                    continue
                try:
                    asked = pipe.recv()
                except EOFError:
                    return
                if asked == "reset":
                    for stream in streams:
                        stream.progress, stream.behind = time.time(), 0.0
                    pipe.send(None)
                else:
                    pipe.send([stream.result() for stream in streams])
