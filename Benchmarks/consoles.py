#!/usr/bin/env python3
"""How fast a centre answers a whole room and the street at once, and whether every change arrives.

    consoles.py [GRIDWATCH] [--consoles N] [--collectors N] [--cases N] [--seconds N]

Starts `gridwatch serve` with a fresh folder, reports N cases, and lets consoles (each with the event stream open, one
request a second: lists, one case, the map, search, supervision) and collectors (tasks, positions, reports with a photo)
work at once. Pairs of dispatchers take the same step on the same case at the same time: exactly one of the two must
win. At the end every report is counted, every log is replayed, and the answers' times are printed as a Markdown table.
"""
import argparse
import base64
import concurrent.futures
import http.client
import json
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from telemetry import PASSWORD, Service, cpu_of, stamp  # noqa: E402

CLASSES = ["09009", "E-05-06", "P-01-01"]
# A JPEG of one grey pixel.
PHOTO = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==")


class Person:
    """Somebody who is signed in, on one connection that is kept."""

    times = []
    failures = []
    lock = threading.Lock()

    def __init__(self, address, name):
        self.host = urllib.parse.urlparse(address).netloc
        self.name, self.connection = name, None
        self.token = self.ask("POST", "/session", {"name": name, "password": PASSWORD}, counted=False)["token"]

    def ask(self, method, path, body=None, raw=None, counted=True):
        headers = {"Content-Type": "image/jpeg" if raw else "application/json"}
        if getattr(self, "token", None):
            headers["Authorization"] = "Bearer " + self.token
        data = raw if raw else json.dumps(body).encode() if body is not None else None
        started = time.monotonic()
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(self.host, timeout=30)
                self.connection.request(method, "/api/v1" + path, data, headers)
                reply = self.connection.getresponse()
                text = reply.read()
                break
            except (OSError, http.client.HTTPException):
                self.connection = None
                if attempt == 2:
                    raise
        if counted:
            with Person.lock:
                Person.times.append((path.split("?")[0].split("/")[1], time.monotonic() - started))
                if reply.status >= 500:
                    Person.failures.append((reply.status, path))
        self.status = reply.status
        return json.loads(text) if text else None


def stream(address, token, stop, seen):
    host = urllib.parse.urlparse(address).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", "/api/v1/stream", headers={"Authorization": "Bearer " + token})
    reply = connection.getresponse()
    while not stop.is_set():
        line = reply.fp.readline()
        if not line:
            return
        if line.startswith(b"data:"):
            seen[0] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("binary", nargs="?", default=".build-release/release/gridwatch")
    parser.add_argument("--consoles", type=int, default=20)
    parser.add_argument("--collectors", type=int, default=50)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gridwatch-consoles-"))
    site = folder / "site.yaml"
    site.write_text("site: { name: 测量, timeZone: Asia/Shanghai, language: zh-CN }\n")
    service = Service(args.binary, site, folder / "data")
    try:
        run(args, service)
    finally:
        service.process.terminate()
        service.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def run(args, service):
    address = service.address
    desk = ["monitor", "acceptor", "dispatcher", "leader"]
    names = [(f"desk-{n:02}", desk[n % 4]) for n in range(args.consoles)]
    names += [(f"street-{n:02}", "collector") for n in range(args.collectors)]
    for name, role in names:
        service.ask("POST", "/users", {"name": name, "password": PASSWORD, "role": role})
    people = {}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for person in pool.map(lambda n: Person(address, n[0]), names):
            people[person.name] = person
    consoles = [people[name] for name, role in names if role != "collector"]
    collectors = [people[name] for name, role in names if role == "collector"]
    dispatchers = [people[name] for name, role in names if role == "dispatcher"]
    acceptors = [people[name] for name, role in names if role == "acceptor"]
    rng = random.Random(1)

    def place():
        return {"lat": round(32.4 + rng.random() * 0.2, 6), "lon": round(119.8 + rng.random() * 0.2, 6)}

    def load(n):
        person = acceptors[n % len(acceptors)]
        return {"class": CLASSES[n % 3], "channel": "12345", "position": place(), "address": f"鼓楼路{n}号",
                "description": "路面破损", "clientId": f"load-{n}"}, person

    cases = []
    # One loader for each acceptor: a person's connection is its own.
    def loader(which):
        made = []
        for n in range(which, args.cases, len(acceptors)):
            body, person = load(n)
            made.append(person.ask("POST", "/cases", body, counted=False))
        return made
    with concurrent.futures.ThreadPoolExecutor(len(acceptors)) as pool:
        for made in pool.map(loader, range(len(acceptors))):
            cases += made
    print(f"{len(cases)} cases reported", file=sys.stderr)
    for case in cases[:200]:
        acceptors[0].ask("POST", f"/cases/{case['id']}/actions/file", {}, counted=False)
    contested = [case["id"] for case in cases[:200]]

    stop, seen = threading.Event(), [0]
    for console in consoles:
        threading.Thread(target=stream, args=(address, console.token, stop, seen), daemon=True).start()
    end = time.monotonic() + args.seconds
    sent, wins, both = [], [], []

    def console(person):
        mine = random.Random(person.name)
        while time.monotonic() < end:
            started = time.monotonic()
            one = mine.choice(cases)["id"]
            path = mine.choice(["/cases?limit=50", "/cases?open=true&due=late&limit=50", f"/cases/{one}", f"/cases/{one}/log",
                                "/cases/map?bbox=119.8,32.4,119.9,32.5", "/cases?q=" + urllib.parse.quote("鼓楼路1"),
                                "/supervision", "/alarms?limit=50", "/reports?limit=50"])
            person.ask("GET", path)
            time.sleep(max(0, 1 - (time.monotonic() - started)))

    def collector(person):
        mine = random.Random(person.name)
        time.sleep(mine.random() * 5)
        n = 0
        while time.monotonic() < end:
            started = time.monotonic()
            person.ask("POST", "/field/positions", {"positions": [
                {"at": stamp(time.time() - 1), "position": place(), "accuracyMetres": 8}]})
            person.ask("GET", "/field/tasks")
            if n % 2 == 0:
                picture = PHOTO[:-2] + b"\xff\xfe\x00\x10" + f"{person.name}-{n:04}".ljust(14)[:14].encode() + PHOTO[-2:]
                photo = person.ask("POST", "/attachments", raw=picture)
                person.ask("POST", "/reports", {"class": mine.choice(CLASSES), "channel": "collector", "position": place(),
                                                "description": "井盖松动", "at": stamp(time.time() - 1),
                                                "photos": [photo["id"]] if photo and "id" in photo else [],
                                                "clientId": f"{person.name}-{n}"})
                if person.status in (200, 201):
                    sent.append((person.name, n))
            n += 1
            time.sleep(max(0, 5 - (time.monotonic() - started)))

    def race():
        left = list(contested)
        while time.monotonic() < end and left and len(dispatchers) > 1:
            case = left.pop()
            barrier = threading.Barrier(2)

            def dispatch(name):
                person = Person(address, name)
                barrier.wait()
                person.ask("POST", f"/cases/{case}/actions/dispatch", {"unit": "drainage"})
                return person.status
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                got = sorted(pool.map(dispatch, [dispatchers[0].name, dispatchers[1].name]))
            (wins if got == [200, 409] else both).append((case, got))
            time.sleep(0.5)

    before, began = cpu_of(service.process.pid), time.monotonic()
    threads = [threading.Thread(target=console, args=(p,)) for p in consoles]
    threads += [threading.Thread(target=collector, args=(p,)) for p in collectors]
    threads.append(threading.Thread(target=race))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    cpu = cpu_of(service.process.pid) - before
    stop.set()

    reports = 0
    cursor = None
    while True:
        page = acceptors[0].ask("GET", "/reports?channel=collector&limit=500" + (f"&cursor={cursor}" if cursor else ""),
                                counted=False)
        reports += len(page["items"])
        cursor = page["next"]
        if not cursor:
            break
    logs = service.ask("POST", "/cases/verify", {})
    times = sorted(seconds for _, seconds in Person.times)
    print(f"\n{args.consoles} consoles and {args.collectors} collectors for {took:.0f} s on {args.cases} cases; "
          f"{len(times)} requests, {len(times) / took:.0f} a second, service {cpu / took * 100:.0f} % of a core, "
          f"{seen[0]} events delivered\n")
    print("| what | requests | p50 | p95 | slowest |\n|---|---:|---:|---:|---:|")
    kinds = sorted({kind for kind, _ in Person.times})
    for kind in kinds + [None]:
        own = sorted(s for k, s in Person.times if kind is None or k == kind)
        print(f"| {kind or 'all'} | {len(own)} | {statistics.median(own) * 1000:.0f} ms | "
              f"{own[int(len(own) * 0.95) - 1 if len(own) > 1 else 0] * 1000:.0f} ms | {own[-1] * 1000:.0f} ms |")
    print(f"\nReports taken {len(sent)}, found {reports}; two dispatchers at once: {len(wins)} times one of them won, "
          f"{len(both)} times otherwise; logs replayed {logs['cases']}, faulty {logs['faulty']}; "
          f"answers of 500 and more: {len(Person.failures)}")
    if len(sent) != reports or both or logs["faulty"] or Person.failures:
        print(both[:3], Person.failures[:3])
        sys.exit(1)


if __name__ == "__main__":
    main()
