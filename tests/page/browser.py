#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The charts page in a real Chromium.

    tests/page/browser.py [--token TOKEN] [--screenshots DIRECTORY] [--sizes 1280,400] [--only NAMES] [ADDRESS]

ADDRESS is an agent's (`http://127.0.0.1:9095/`); without one, the test starts fake agents of its own, and has those fail
as a real one is not made to. Against a real agent something must make calls on the machine, which any machine does.
The exit status is 0 if all held; each thing that was looked at is one line.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from webdriver import Browser  # noqa: E402

HERE = pathlib.Path(__file__).parent
READY = "return document.querySelector('#main').dataset.ready === 'true' && window.syscope !== undefined"
# The page's own data and the reply they were made of, at one moment.
DATA = """
const { counts, sankey, state } = window.syscope;
sankey.fold();
return JSON.stringify({ ts: counts.reply.ts, mode: state.value.mode, reply: counts.reply, sankey: sankey.data, sum: document.querySelector('#sum').textContent });
"""


class Fake:
    """A fake agent of one's own."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([sys.executable, HERE / "fake_agent.py", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def mode(self, name):
        urllib.request.urlopen(urllib.request.Request(self.address + "fake/mode", name.encode(), method="POST"), timeout=10).close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)


class Test:
    """What is looked at on one page."""

    def __init__(self, browser, address, token, screenshots, sizes):
        self.browser, self.address, self.token = browser, address, token
        self.screenshots, self.sizes = screenshots, sizes
        self.origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(address))
        self.requests = []

    def open(self, fragment="", token=True):
        browser = self.browser
        browser.open("about:blank")
        self.network()
        if token and self.token:
            # Storage belongs to an origin: some page of it must be there first.
            browser.open(self.address + "assets/icon.svg")
            browser.run("sessionStorage.setItem('syscope.token', arguments[0])", self.token)
        browser.open(self.address + fragment)
        # A violation of the policy is an event of the document; the log has it too.
        browser.run("window.violations = []; document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI))")

    def network(self):
        for entry in self.browser.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])

    def quiet(self, allowed=()):
        """No request went elsewhere, nothing was complained of."""
        self.network()
        mine = (self.origin + "/", "data:", "about:", "blob:" + self.origin, "chrome:", "chrome-")
        elsewhere = [url for url in self.requests if not url.startswith(mine)]
        assert self.requests, "no request was seen at all"
        assert not elsewhere, f"requests to other hosts: {elsewhere[:5]}"
        complaints = [entry["message"] for entry in self.browser.log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        if self.token:
            allowed = (*allowed, "favicon.ico")
        complaints = [text for text in complaints if not any(part in text for part in allowed)]
        assert not complaints, f"the console has: {complaints[:5]}"
        violations = self.browser.run("return window.violations ?? []")
        assert not violations, f"against the Content-Security-Policy: {violations}"

    # What follows is one line of the result each.

    def loads(self):
        self.open()
        self.browser.wait("the page has data", READY)
        self.browser.wait("it says that it is live", "return document.querySelector('#pulse').dataset.state === 'live'")
        self.browser.wait("the Sankey is drawn", "return document.querySelector('#sankey canvas') !== null")
        self.quiet()

    def policy(self):
        request = urllib.request.Request(self.address)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=10) as response:
            policy = response.headers.get("Content-Security-Policy", "")
        for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
            assert part in policy, f"the policy of the page lacks {part}: {policy!r}"

    def sums(self):
        """The Sankey says what the agent said."""
        for mode in ("total", "rate"):
            self.open(f"#mode={mode}")
            self.browser.wait("the page has data", READY)
            self.browser.wait("there are two replies", "return syscope.counts.steps.length > 0")
            data = json.loads(self.browser.run(DATA))
            if mode == "total":
                self.check_total(data)
            self.check_flow(data["sankey"])
            text = "{:,} calls".format(int(data["sankey"]["total"]))
            self.browser.wait("the sum is shown", "return document.querySelector('#sum').textContent.startsWith(`${syscope.sankey.data.total.toLocaleString('en')} calls`)")
            assert data["sum"].startswith(text), f"{data['sum']} is not {text}"

    def check_total(self, data):
        reply, sankey = data["reply"], data["sankey"]
        expected = {column: {} for column in ("namespace", "pod", "class", "syscall", "error")}
        for owner, call, error, calls, _ in reply["rows"]:
            who, what = reply["owners"][owner], reply["syscalls"][call]
            values = {
                "namespace": ("namespace", who["namespace"]), "pod": ("pod", who["namespace"], who["pod"]),
                "class": ("class", what["class"]), "syscall": ("syscall", what["name"]), "error": ("error", reply["errors"][error]),
            }
            for column, value in values.items():
                expected[column][value] = expected[column].get(value, 0) + calls
        all_calls = sum(row[3] for row in reply["rows"])
        assert sankey["total"] == all_calls, f"{sankey['total']} calls in the Sankey, {all_calls} in the reply"
        assert sankey["failed"] == all_calls - expected["error"].get(("error", "OK"), 0)
        checked = 0
        for node in sankey["nodes"]:
            kind = {"ok": "error"}.get(node["kind"], node["kind"])
            if kind in ("namespace", "class", "syscall", "error"):
                key = (kind, "" if kind == "class" and node["name"] == "unknown" else node["name"])
            elif kind == "pod":
                key = (kind, node["namespace"], node["name"])
            else:
                continue
            assert node["value"] == expected[node["column"]][key], f"{node['id']}: {node['value']}, {expected[node['column']][key]} in the reply"
            checked += 1
        assert checked > 3, f"only {checked} nodes to compare"

    def check_flow(self, sankey):
        into, out = {}, {}
        for link in sankey["links"]:
            out[link["source"]] = out.get(link["source"], 0) + link["value"]
            into[link["target"]] = into.get(link["target"], 0) + link["value"]
        last = len(sankey["columns"]) - 1
        for place, column in enumerate(sankey["columns"]):
            total = sum(node["value"] for node in column["nodes"])
            assert total == sankey["total"], f"{column['column']}: {total} of {sankey['total']}"
            for node in column["nodes"]:
                assert place == 0 or into[node["id"]] == node["value"], node["id"]
                assert place == last or out[node["id"]] == node["value"], node["id"]

    def wire(self):
        """What the page holds is what came over the wire, read by another client."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.open()
        self.browser.wait("the page has data", READY)
        for _ in range(20):
            with urllib.request.urlopen(urllib.request.Request(self.address + "api/v1/syscalls", headers=headers), timeout=10) as response:
                wire = json.load(response)
            page = json.loads(self.browser.run(DATA))["reply"]
            if wire["ts"] == page["ts"]:
                break
            time.sleep(0.3)
        else:
            # A real agent reads its counters for each reply: then ours must lie between two of its.
            before = sum(row[3] for row in wire["rows"])
            self.browser.wait("a later reply", "return syscope.counts.reply.ts > arguments[0]", wire["ts"])
            page = json.loads(self.browser.run(DATA))["sankey"]["total"]
            with urllib.request.urlopen(urllib.request.Request(self.address + "api/v1/syscalls", headers=headers), timeout=10) as response:
                after = sum(row[3] for row in json.load(response)["rows"])
            assert before <= page <= after, f"{before} <= {page} <= {after} does not hold"
            return
        assert wire["rows"] == page["rows"], "the page and the agent have other rows"

    def filters(self):
        """A click on a node of the Sankey sets the filter, for all charts and in the address."""
        browser = self.browser
        browser.size(1280, 900)
        self.open()
        browser.wait("the page has data", READY)
        browser.run("document.querySelector('#sankey').scrollIntoView({ block: 'center', behavior: 'instant' })")
        found = browser.wait("the layout is there", """
const { sankey } = syscope;
const node = sankey.data.nodes.find((one) => one.kind === 'syscall');
const series = sankey.chart.chart.getModel().getSeriesByIndex(0);
const data = series.getData();
const index = data.indexOfName(node.id);
const layout = data.getItemLayout(index);
const box = document.querySelector('#sankey').getBoundingClientRect();
return layout && { name: node.name, value: node.value, x: box.left + layout.x + layout.dx / 2 + series.layoutInfo.x, y: box.top + layout.y + layout.dy / 2 + series.layoutInfo.y };
""")
        browser.click_at(found["x"], found["y"])
        browser.wait("the filter is set", "return syscope.state.value.filter.syscall === arguments[0]", found["name"])
        assert "syscall=" in browser.run("return location.hash")
        field = browser.run("return document.querySelector('#filter-syscall').value")
        assert field == found["name"], f"the field says {field}"
        browser.wait("the table follows", "return document.querySelectorAll('#table-syscall tbody tr').length === 1")
        assert browser.run("return syscope.sankey.data.total >= arguments[0]", found["value"] * 0.999)
        browser.wait("and can be cleared", "document.querySelector('#filter-clear').click(); return location.hash === ''")
        # The keyboard: a row of a table is a button, `back` undoes it.
        browser.run("document.querySelector('#table-error tbody button').focus()")
        browser.type("#table-error tbody button", "\ue007")
        browser.wait("Enter sets it", "return syscope.state.value.filter.error !== ''")
        browser.run("history.back()")
        browser.wait("back undoes it", "return syscope.state.value.filter.error === ''")
        self.quiet()

    def tables(self):
        """They sort and find."""
        browser = self.browser
        self.open()
        browser.wait("the page has data", READY)
        rows = "return [...document.querySelectorAll('#table-syscall tbody tr')].map((row) => row.querySelector('.first').textContent)"
        browser.wait("rows", "return document.querySelectorAll('#table-syscall tbody tr').length > 1")
        by_calls = browser.run(rows)
        browser.click("#table-syscall thead .name button")
        browser.wait("sorted by name", "return document.querySelector('#table-syscall thead .name').getAttribute('aria-sort') === 'ascending'")
        by_name = browser.run(rows)
        assert by_name == sorted(by_name) and by_name != by_calls, by_name[:5]
        browser.type("#table-syscall input", by_calls[0])
        browser.wait("only what is looked for", "return [...document.querySelectorAll('#table-syscall tbody .first')].every((one) => one.textContent.includes(arguments[0]))", by_calls[0])

    def jobs(self):
        """A job is made through the form; its events come; pause, find and stop work."""
        browser = self.browser
        browser.size(1280, 900)
        self.open()
        browser.wait("the page has data", READY)
        name = f"page-{int(time.time() * 1000)}"
        browser.click("#job-new")
        browser.type("#job-form [name=name]", name)
        browser.type("#job-form [name=duration]", "\ue009a\ue000x")
        browser.click("#job-create")
        browser.wait("a wrong duration is told", "return document.querySelector('#job-error').textContent.includes('no length of time')")
        browser.type("#job-form [name=duration]", "\ue009a\ue0002m")
        browser.type("#job-form [name=syscalls]", "nosuchcall")
        browser.click("#job-create")
        browser.wait("what the agent refuses is told", "return document.querySelector('#job-error').textContent.includes('nosuchcall')")
        browser.type("#job-form [name=syscalls]", "\ue009a\ue000openat, read")
        browser.click("#job-create")
        browser.wait("the job is in the list", "return [...document.querySelectorAll('#jobs-body .first')].some((one) => one.textContent === arguments[0])", name)
        browser.wait("its events appear", "return document.querySelectorAll('#events li .what').length >= 3", seconds=30)
        browser.wait("they are the calls that were asked for", "return [...document.querySelectorAll('#events li:not([class]) .what')].every((one) => /^(openat|read)\\(/.test(one.textContent))")
        browser.click("#events-pause")
        frozen = browser.run("return [document.querySelector('#events').textContent, syscope.events.next]")
        browser.wait("events still come", "return syscope.events.next > arguments[0] + 5", frozen[1], seconds=30)
        time.sleep(0.5)
        assert browser.run("return document.querySelector('#events').textContent") == frozen[0], "the list went on while it was paused"
        assert "paused" in browser.run("return document.querySelector('#events-state').textContent")
        browser.click("#events-pause")
        browser.wait("it goes on", "return document.querySelector('#events').textContent !== arguments[0]", frozen[0])
        browser.type("#events-search", "openat(")
        browser.wait("only what is looked for", "const all = [...document.querySelectorAll('#events li:not([class])')]; return all.every((one) => one.textContent.includes('openat('))")
        row = "[...document.querySelectorAll('#jobs-body tr')].find((row) => row.querySelector('.first').textContent === arguments[0])"
        browser.run(f"{row}.querySelector('.danger').click()", name)
        browser.wait("it is stopped", f"const row = {row}; return row === undefined || row.querySelector('.badge').dataset.state === 'ended'", name)
        browser.wait("the account is at the end", "return document.querySelector('#events li:last-child')?.className === 'end' || document.querySelector('#events-state').textContent.includes('ended')", seconds=15)
        assert browser.run("return document.querySelectorAll('#events li').length") <= 400
        # 400 is the answer to the call that doesn't exist.
        self.quiet(allowed=("status of 400", "status of 422"))

    def flood(self):
        """More events than can be read do not stop the page."""
        browser = self.browser
        self.open()
        browser.wait("the page has data", READY)
        browser.click("#job-new")
        browser.type("#job-form [name=name]", f"flood-{int(time.time() * 1000)}")
        browser.click("#job-create")
        browser.wait("many events came", "return syscope.events.numbers.received > 5000", seconds=60)
        browser.run("""
window.late = 0;
let last = performance.now();
const tick = setInterval(() => { const now = performance.now(); late = Math.max(late, now - last - 20); last = now; }, 20);
setTimeout(() => clearInterval(tick), 6000);
""")
        time.sleep(6.5)
        late, kept, shown, received = browser.run("return [late, syscope.events.kept.length, document.querySelectorAll('#events li').length, syscope.events.numbers.received]")
        print(f"        {received} events; the page was busy for {late:.0f} ms in one piece at most")
        assert kept <= 2500 and shown <= 400, (kept, shown)
        assert late < 500, f"the page did not answer for {late:.0f} ms"
        browser.run("document.querySelector('#jobs-body .danger:not([hidden])').click()")
        browser.wait("the account comes", "return document.querySelector('#events li:last-child')?.className === 'end'", seconds=30)

    def text(self):
        """Nothing from the agent became HTML."""
        browser = self.browser
        self.open()
        browser.wait("the page has data", READY)
        time.sleep(2.5)
        found = browser.run("""
const known = new Set(['icon.svg']);
return {
  images: [...document.images].map((one) => one.getAttribute('src')).filter((src) => src !== '/assets/icon.svg'),
  scripts: [...document.scripts].map((one) => one.getAttribute('src')).filter((src) => src === null || !src.startsWith('/assets/')),
  inline: document.querySelectorAll('body *[onerror], body *[onclick], body style').length,
  title: document.title,
};""")
        assert not found["images"] and not found["scripts"] and found["inline"] == 0, found
        assert "owned" not in found["title"], found

    def hostile(self):
        """Names that mean harm are there, as text."""
        browser = self.browser
        self.open()
        browser.wait("the page has data", READY)
        browser.type("#table-owner input", "onerror")
        browser.wait("the name is text", "return [...document.querySelectorAll('#table-owner tbody .name')].some((one) => one.textContent.includes('<img src=x onerror=alert(1)>'))")
        browser.run("syscope.state.filter({ pod: arguments[0] })", "<img src=x onerror=alert(1)>")
        browser.wait("it is a filter", "return syscope.sankey.data.total > 0 && syscope.sankey.data.nodes.some((node) => node.name.startsWith('<img'))")
        # The tooltip of its node is the only HTML that ECharts handles.
        browser.run("document.querySelector('#sankey').scrollIntoView({ block: 'center', behavior: 'instant' })")
        tip = """
const { sankey } = syscope;
const data = sankey.chart.chart.getModel().getSeriesByIndex(0).getData();
const node = sankey.data.nodes.find((one) => one.kind === 'pod');
sankey.chart.chart.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: data.indexOfName(node.id) });
return [...document.querySelectorAll('.tip strong')].some((one) => one.textContent === node.name);
"""
        browser.wait("the tooltip is text", tip)
        browser.run("syscope.state.filter({ pod: '{v|9999}{a|b}' })")
        browser.wait("braces are text", "return syscope.sankey.data.total > 0")
        assert not browser.run("return [...document.images].some((one) => one.getAttribute('src') === 'x')")
        self.quiet()

    def cost(self):
        """A refresh costs the main thread little."""
        browser = self.browser
        browser.size(1280, 2600)
        self.open("#mode=rate")
        browser.wait("the page has data", READY)
        browser.wait("ten replies", "return syscope.timings.length >= 10", seconds=60)
        timings = browser.run("return syscope.timings.slice(3, 9).map(({ parse, take, draw, longest }) => [parse + take + draw, longest])")
        rows = browser.run("return syscope.counts.reply.rows.length")
        totals = sorted(total for total, _ in timings)
        middle = totals[len(totals) // 2]
        print(f"        {rows} rows: {middle:.0f} ms a refresh, at most {totals[-1]:.0f}; in one piece at most {max(longest for _, longest in timings):.0f}")
        assert middle < 200, f"a refresh takes {middle:.0f} ms"
        browser.size(1280, 900)

    def steady(self):
        """Refreshes move nothing, and keep the focus and the place."""
        browser = self.browser
        browser.size(1280, 900)
        self.open("#mode=rate")
        browser.wait("the page has data", READY)
        browser.wait("two replies", "return syscope.counts.steps.length > 1", seconds=30)
        browser.run("""
window.shift = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value; }).observe({ type: 'layout-shift' });
document.querySelector('#table-owner tbody button').focus({ preventScroll: true });
""")
        browser.wait("three more", "return syscope.timings.length > arguments[0] + 3", browser.run("return syscope.timings.length"), seconds=30)
        shift, focus = browser.run("return [shift, document.activeElement.closest('#table-owner') !== null]")
        assert shift < 0.02, f"the page moved by {shift}"
        assert focus, "a refresh took the focus away"

    def hidden(self):
        """Nobody looks, nothing is asked."""
        browser = self.browser
        self.open()
        browser.wait("the page has data", READY)
        browser.run("Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))")
        browser.wait("nothing is under way", "return !syscope.asking")
        before = browser.run("return performance.getEntriesByType('resource').length")
        time.sleep(3)
        assert browser.run("return performance.getEntriesByType('resource').length") == before, "the page asks while it is hidden"
        browser.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        browser.wait("it asks again", "return performance.getEntriesByType('resource').length > arguments[0]", before)

    def looks(self):
        """Screenshots; nothing is wider than the window."""
        browser = self.browser
        for width in self.sizes:
            for scheme in ("light", "dark"):
                browser.size(width, 900)
                browser.scheme(scheme)
                self.open()
                browser.wait("the page has data", READY)
                assert browser.run("return document.documentElement.dataset.theme") == scheme
                browser.wait("two replies", "return syscope.counts.steps.length > 1", seconds=30)
                wide = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
                assert wide[0] <= wide[1], f"at {width} the page is {wide[0]} wide"
                if self.screenshots:
                    browser.screenshot(self.screenshots / f"page-{width}-{scheme}.png", width)
        browser.scheme("light")
        browser.size(1280, 900)

    def theme(self):
        """The switch wins over the system, and is remembered."""
        browser = self.browser
        browser.scheme("light")
        self.open()
        browser.wait("the page has data", READY)
        browser.run("document.querySelector('input[name=theme][value=dark]').click()")
        browser.wait("dark", "return document.documentElement.dataset.theme === 'dark'")
        self.open()
        browser.wait("dark again", "return document.documentElement.dataset.theme === 'dark'")
        browser.wait("the page has data", READY)
        browser.run("document.querySelector('input[name=theme][value=auto]').click()")
        browser.wait("light", "return document.documentElement.dataset.theme === 'light'")


def failures(browser, screenshots):
    """What only a fake agent can be made to do."""
    checks = []

    def unready(test, fake):
        test.open()
        browser.wait("the page has data", READY)
        fake.mode("unready")
        browser.wait("503 is told", "return document.querySelector('#notices').textContent.includes('not ready') && document.querySelector('#notices').textContent.includes('being loaded')")
        fake.mode("broken")
        browser.wait("a gone agent is told", "return document.querySelector('#notices').textContent.includes('does not answer') && document.querySelector('#pulse').dataset.state === 'gone'", seconds=40)
        if screenshots:
            browser.screenshot(screenshots / "page-gone.png", 1280, whole=False)
        fake.mode("ok")
        browser.wait("it comes back", "return document.querySelector('#pulse').dataset.state === 'live' && document.querySelector('#notices').textContent === ''", seconds=40)

    def token(test, _):
        test.open(token=False)
        browser.wait("a token is asked for", "return !document.querySelector('#token').hidden && document.querySelector('#notices').textContent.includes('token')")
        if screenshots:
            browser.screenshot(screenshots / "page-token.png", 1280, whole=False)
        browser.type("#token-input", "wrong\ue007")
        browser.wait("a wrong one is refused", "return document.querySelector('#token-input').value === '' && !document.querySelector('#token').hidden")
        browser.type("#token-input", "secret\ue007")
        browser.wait("the right one opens", READY)
        browser.wait("the form is gone", "return document.querySelector('#token').hidden")
        assert browser.run("return sessionStorage.getItem('syscope.token')") == "secret"
        assert browser.run("return localStorage.length") == 0
        assert "secret" not in browser.run("return location.href")

    def untimed(test, _):
        test.open()
        browser.wait("the page has data", READY)
        browser.wait("the reason is told", "return !document.querySelector('#heatmap-reason').hidden && document.querySelector('#heatmap-reason').textContent.includes('does not measure')")
        assert browser.run("return document.querySelector('#heatmap').hidden")

    checks.append(("what the page says of an agent that fails", unready, ["--containers", "20"], ""))
    checks.append(("the token", token, ["--containers", "20", "--token", "secret"], "secret"))
    checks.append(("an agent that measures no latency", untimed, ["--containers", "20", "--no-latency"], ""))
    return checks


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("address", nargs="?")
    options.add_argument("--token", default="")
    options.add_argument("--screenshots", type=pathlib.Path)
    options.add_argument("--sizes", default="1280,400")
    options.add_argument("--only", default="", help="names of checks, with commas between them")
    chosen = options.parse_args()
    if chosen.screenshots:
        chosen.screenshots.mkdir(parents=True, exist_ok=True)
    sizes = [int(size) for size in chosen.sizes.split(",")]
    failed = 0

    def look(name, check):
        nonlocal failed
        if chosen.only and name not in chosen.only.split(","):
            return
        begin = time.monotonic()
        try:
            check()
            print(f"ok      {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        except (AssertionError, RuntimeError, KeyError) as error:
            failed += 1
            print(f"FAILED  {name}: {str(error)[:600]}", flush=True)

    with Browser() as browser:
        fake = None if chosen.address else Fake()
        try:
            address = (chosen.address or fake.address).rstrip("/") + "/"
            test = Test(browser, address, chosen.token, chosen.screenshots, sizes)
            names = ["loads", "policy", "sums", "wire", "filters", "tables", "jobs", "text", "theme", "looks", "steady", "hidden", "cost"]
            for name in names + (["hostile", "flood"] if fake else []):
                look(name, getattr(test, name))
        finally:
            if fake:
                fake.__exit__()
        if not chosen.address:
            for name, check, arguments, token in failures(browser, chosen.screenshots):
                with Fake(*arguments) as agent:
                    test = Test(browser, agent.address, token, chosen.screenshots, sizes)
                    look(name, lambda: check(test, agent))
    print("all held" if failed == 0 else f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
