"""churn.py LAB NAME OBJECTS PODS SHARE SECONDS RATE: pods of a running lab come and go while they talk.

One pod of the lab has the addresses of PODS pods. Each second a SHARE of them is replaced, as by a kubelet: the old pod is marked for
deletion, then removed from OBJECTS; a new pod takes its address, talks at once, and is listed half a second later. Prints how many
flows were made, and how many of them have a wrong name, are missing, or are reported twice.
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

LAB, NAME, OBJECTS = sys.argv[1], sys.argv[2], Path(sys.argv[3])
PODS, SHARE, SECONDS, RATE = int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6]), float(sys.argv[7])
LEAVING = 0.2  # seconds from when a pod is to be deleted until it is gone; it talks on
UNLISTED = 0.5  # seconds that a pod talks before it is listed
TREMBLE = 0.02  # what a file says of when it was written may be a tick of the kernel's clock early
# The caller, in the pod: a line in is an address to call from, a line out says whether it was answered.
CALLER = """
import socket, sys
for line in sys.stdin:
    address, port = line.split()
    with socket.socket() as s:
        s.settimeout(3)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, int(port)))
        s.connect(("10.96.0.20", 80))
        s.sendall(b"who")
        while s.recv(99):
            pass
    print("ok", flush=True)
"""


class Swarm:
    def __init__(self, objects):
        self.template = next(item for item in objects["items"] if item["kind"] == "Pod" and item["metadata"]["name"].startswith("crowd"))
        self.others = [item for item in objects["items"] if item is not self.template]
        self.addresses = [f"10.245.{number // 250}.{number % 250 + 1}" for number in range(PODS)]
        self.made = 0
        self.pods = {address: self.new() for address in self.addresses}  # None while none is listed
        self.leaving = ()

    def new(self):
        self.made += 1
        return f"crowd-{self.made}", datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def write(self):
        pods = []
        for address, pod in self.pods.items():
            if pod:
                name, started = pod
                metadata = {**self.template["metadata"], "name": name, "uid": name}
                if address in self.leaving:
                    metadata["deletionTimestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30))
                status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "startTime": started}
                pods.append({**self.template, "metadata": metadata, "status": status})
        new = OBJECTS.with_suffix(".new")
        new.write_text(json.dumps({"kind": "List", "items": [*self.others, *pods]}), encoding="utf-8")
        new.rename(OBJECTS)


def lab(*words):
    return subprocess.run([LAB, "--name", NAME, *words], stdout=subprocess.PIPE, text=True, check=True).stdout


def main():
    swarm = Swarm(json.loads(OBJECTS.read_text(encoding="utf-8")))
    lab("exec", "crowd", "bash", "-c", "for i in 0 1 2 3; do ip route add local 10.245.$i.0/24 dev lo; done")
    lab("exec", "node-a", "bash", "-c", "ip route add 10.245.0.0/22 via 10.244.1.2")
    lab("exec", "node-b", "bash", "-c", "ip route add 10.245.0.0/22 via 172.30.7.11")
    swarm.write()
    time.sleep(2)
    command = [LAB, "--name", NAME, "exec", "crowd", "python3", "-c", CALLER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as caller:
        calls = talk(swarm, caller)
        caller.stdin.close()
    time.sleep(5)
    seen = Counter()
    wrong = 0
    for line in lab("observe", "-o", "json").splitlines():
        source = json.loads(line)["source"]
        call = (source["ip"], source["port"])
        seen[call] += 1
        wrong += source.get("pod") != calls.get(call)
    print(len(calls), wrong, sum(call not in seen for call in calls), sum(count - 1 for count in seen.values()))


def talk(swarm, caller):
    """Who was right for each call, by its address and port."""
    calls, port, coming = {}, 20000, {}
    begin = time.monotonic()
    next_swap, gone, listed = begin + 1, None, None
    while (now := time.monotonic()) < begin + SECONDS or gone or listed:
        if listed and now >= listed:
            swarm.pods.update(coming)
            swarm.write()
            coming, listed = {}, None
        elif gone and now >= gone:
            coming, swarm.leaving = {address: swarm.new() for address in swarm.leaving}, ()
            swarm.pods.update(dict.fromkeys(coming))
            time.sleep(TREMBLE)
            swarm.write()
            gone, listed = None, time.monotonic() + UNLISTED
        elif now >= next_swap and now < begin + SECONDS:
            swarm.leaving = random.sample(swarm.addresses, int(PODS * SHARE))
            swarm.write()
            gone, next_swap = now + LEAVING, next_swap + 1
        address = random.choice(swarm.addresses)
        if pod := coming.get(address) or swarm.pods[address]:
            port += 1
            calls[address, port] = pod[0]
            caller.stdin.write(f"{address} {port}\n")
            caller.stdin.flush()
            if caller.stdout.readline() != "ok\n":
                sys.exit("error: a call failed")
        time.sleep(1 / RATE)
    return calls


main()
