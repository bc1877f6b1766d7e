#!/usr/bin/env python3
"""How fast readings are stored and judged, beside mosquitto_sub alone receiving the same messages.

    telemetry.py [GRIDWATCH] [--messages N] [--devices N] [--rounds N] [--latency SECONDS] [--only throughput|latency]

Starts a private mosquitto on loopback (QoS 1, persistent sessions), lets two sessions fill with the same JSON readings of
N devices, each with a rule, and measures one after the other, in turns: `mosquitto_sub -C` emptying its session, and
`gridwatch serve` storing and judging its own (until the API says that all of them were received). Prints messages/s and
CPU seconds of each as a Markdown table, with their ratio.

With --latency it then publishes 1,000 messages/s for about so long, each tenth second one that must open an alarm, and
asks the API until it is seen: p50 and p99. What is missing is said and left out.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

PASSWORD = "administrator"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stamp(seconds):
    whole = int(seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((seconds - whole) * 1000):03d}Z"


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Broker:
    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        conf = folder / "mosquitto.conf"
        conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
                        "max_queued_messages 0\nmax_queued_bytes 0\n")
        self.process = subprocess.Popen([shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(conf)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.05)

    def client(self, program, *arguments, **options):
        return subprocess.Popen([program, "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", *arguments], **options)

    def publish(self, lines, devices):
        """Topics differ, so one mosquitto_pub per topic would be slow: one per hundred devices at a time."""
        for first in range(0, devices, 200):
            batch = []
            for device in range(first, min(devices, first + 200)):
                text = "".join(lines[device::devices])
                pub = self.client("mosquitto_pub", "-l", "-t", f"city/water/level-{device}/level", stdin=subprocess.PIPE)
                pub.stdin.write(text.encode())
                pub.stdin.close()
                batch.append(pub)
            for pub in batch:
                pub.wait()

    def stop(self):
        self.process.kill()
        self.process.wait()


class Service:
    def __init__(self, binary, site, data):
        environment = {**os.environ, "GRIDWATCH_ADMIN_PASSWORD": PASSWORD}
        self.process = subprocess.Popen([binary, "serve", "--site", str(site), "--data", str(data), "--listen",
                                         "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=environment)
        self.address = None
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.address = found.group(0)
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        answer = self.ask("POST", "/session", {"name": "admin", "password": PASSWORD}, token=None)
        self.token = answer["token"]

    def ask(self, method, path, body=None, token=""):
        request = urllib.request.Request(self.address + "/api/v1" + path, method=method,
                                         data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Content-Type": "application/json"})
        if token is not None:
            request.add_header("Authorization", "Bearer " + (token or self.token))
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def broker(self):
        return self.ask("GET", "/brokers")["items"][0]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            print("the service did not end within 60 s of SIGINT", file=sys.stderr)
            self.process.kill()
            self.process.wait()


def site_text(port, devices, version):
    sensors = "\n".join(f"  - {{ id: level-{n}, profile: waterLevel, rules: [ {{ kind: above, value: 900, clearBelow: 800, "
                        f"for: 0s, class: \"E-05-06\" }} ] }}" for n in range(devices))
    return (f"site: {{ name: bench }}\nrecording: {{ shards: 1 }}\nmqtt:\n  - url: mqtt://127.0.0.1:{port}\n"
            f"    clientId: bench\n    protocol: \"{version}\"\n"
            f"    subscribe: [ {{ topic: \"city/water/+/level\", profile: waterLevel }} ]\n"
            f"deviceRate: {{ perSecond: 100000, burst: 10000000 }}\nsensors:\n{sensors}\n")


def wait(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def throughput(args, folder):
    rows = []
    for version in ("3.1.1", "5"):
        for round_ in range(args.rounds):
            here = folder / f"{version}-{round_}"
            here.mkdir()
            broker = Broker(here)
            site, data = here / "site.yaml", here / "data"
            site.write_text(site_text(broker.port, args.devices, version))
            alone = ["-c", "-i", "alone", "-t", "city/water/+/level", "-V", "5" if version == "5" else "311"]
            if version == "5":
                alone += ["-x", "36000"]
            broker.client("mosquitto_sub", *alone, "-E").wait()
            service = Service(args.gridwatch, site, data)
            wait(lambda: service.broker()["connected"], 60)
            service.stop()
            base = time.time() - 7200
            lines = [f'{{"ts":"{stamp(base + n / 1000)}","value":{n % 800}}}\n' for n in range(args.messages)]
            broker.publish(lines, args.devices)
            start, before = time.monotonic(), os.times()
            broker.client("mosquitto_sub", *alone, "-C", str(args.messages), stdout=subprocess.DEVNULL).wait()
            peer, after = time.monotonic() - start, os.times()
            peer_cpu = after.children_user + after.children_system - before.children_user - before.children_system
            service = Service(args.gridwatch, site, data)
            samples, cpu = [], cpu_of(service.process.pid)

            def emptied():
                received = service.broker()["received"]
                samples.append((time.monotonic(), received))
                return received >= args.messages

            if not wait(emptied, 900):
                print(f"only {samples[-1][1]} of {args.messages} arrived", file=sys.stderr)
            cpu = cpu_of(service.process.pid) - cpu
            # From the last look before the first message to the first look after the last.
            first = max([s for s in samples if s[1] == 0] or samples[:1])
            last = next(s for s in samples if s[1] == samples[-1][1])
            rate = (last[1] - first[1]) / max(1e-3, last[0] - first[0])
            service.stop()
            broker.stop()
            rows.append((version, args.messages / peer, peer_cpu, rate, cpu))
            shutil.rmtree(here)
    print(f"| MQTT | mosquitto_sub alone: messages/s | CPU s | gridwatch, stored and judged: messages/s | CPU s | ratio |")
    print("|---|---|---|---|---|---|")
    for version in ("3.1.1", "5"):
        own = [r for r in rows if r[0] == version]
        peer, rate = statistics.median(r[1] for r in own), statistics.median(r[3] for r in own)
        print(f"| {version} | {peer:,.0f} | {statistics.median(r[2] for r in own):.2f} | {rate:,.0f} | "
              f"{statistics.median(r[4] for r in own):.2f} | {rate / peer:.0%} |")
    print(f"\n{args.messages:,} readings of {args.devices:,} devices, QoS 1, {args.rounds} rounds, medians; mosquitto_sub's time "
          "holds its start, the service's begins with the first message.")


class Load:
    """Publishes a thousand readings a second of one device, as evenly as it can, until it is stopped."""

    def __init__(self, broker):
        self.client = broker.client("mosquitto_pub", "-l", "-t", "city/water/level-0/level", stdin=subprocess.PIPE)
        self.sent, self.ending, self.failure = 0, threading.Event(), None
        # A daemon: what goes wrong elsewhere must not leave this program waiting for it.
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        start = time.monotonic()
        try:
            while not self.ending.is_set():
                due = int((time.monotonic() - start) * 1000)
                now = time.time()
                lines = [f'{{"ts":"{stamp(now)}","value":{n % 700}}}\n' for n in range(self.sent, due)]
                self.client.stdin.write("".join(lines).encode())
                self.client.stdin.flush()
                self.sent = due
                time.sleep(0.005)
        except OSError as error:
            self.failure = f"mosquitto_pub has gone: {error}"

    def stop(self):
        self.ending.set()
        # A client that takes nothing any more holds the thread in its pipe: ending the client frees it.
        self.thread.join(5)
        if self.thread.is_alive():
            self.client.kill()
        try:
            self.client.stdin.close()
        except OSError:
            pass
        try:
            self.client.wait(10)
        except subprocess.TimeoutExpired:
            self.client.kill()


def latency(args, folder):
    here = folder / "latency"
    here.mkdir()
    broker = Broker(here)
    site = here / "site.yaml"
    site.write_text(site_text(broker.port, args.devices, "5"))
    service, load, found, missed = None, None, [], 0
    try:
        service = Service(args.gridwatch, site, here / "data")
        if not wait(lambda: service.broker()["connected"], 60):
            print("\nLatency: the service does not connect to the broker", file=sys.stderr)
            return
        load = Load(broker)
        for device in range(1, min(args.devices, int(args.latency * 10) + 1)):
            seen = see_alarm(broker, service, device)
            if seen is not None:
                found.append(seen)
            else:
                missed += 1
            if load.failure or missed >= 5 > len(found):
                break
        state = service.broker()
        print(f"\nSent {load.sent:,} readings, {state['received']:,} received, {state['rejected']:,} rejected"
              + (f"; {load.failure}" if load.failure else "") + ".")
        if missed:
            print(f"{missed} of {missed + len(found)} alarms were not to be seen within 5 s.")
        if found:
            found.sort()
            print(f"Message in to alarm visible in the API, at 1,000 messages/s: p50 {found[len(found) // 2]:.0f} ms, "
                  f"p99 {found[int(len(found) * 0.99)]:.0f} ms ({len(found)} alarms).")
    finally:
        if load:
            load.stop()
        if service:
            service.stop()
        broker.stop()


def see_alarm(broker, service, device):
    """Milliseconds from a message of a device until its alarm is in the API; None when it isn't within 5 s."""
    pub = broker.client("mosquitto_pub", "-l", "-t", f"city/water/level-{device}/level", stdin=subprocess.PIPE)
    try:
        # Its connection is open by then: what is measured is the message's way, not a client's start.
        time.sleep(0.1)
        sent = time.monotonic()
        pub.stdin.write(f'{{"ts":"{stamp(time.time())}","value":950}}\n'.encode())
        pub.stdin.flush()
        while time.monotonic() - sent < 5:
            if service.ask("GET", f"/alarms?source=level-{device}&limit=1")["items"]:
                return (time.monotonic() - sent) * 1000
        return None
    finally:
        pub.stdin.close()
        pub.wait(10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gridwatch", nargs="?", default=".build/release/gridwatch")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=20)
    parser.add_argument("--only", choices=["throughput", "latency"])
    args = parser.parse_args()
    if not shutil.which("mosquitto_pub"):
        print("skipped: mosquitto-clients is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        if args.only != "latency":
            throughput(args, pathlib.Path(folder))
        if args.latency and args.only != "throughput":
            latency(args, pathlib.Path(folder))


if __name__ == "__main__":
    main()
