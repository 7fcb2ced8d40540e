#!/usr/bin/env python3
"""What the library of 2012 does, client and server, in its language: a request
is pushed, its reply popped from a list of its own, one call a connection.

The command line is that of all contenders (see `driver/src/lib.rs`); calls in
flight are threads.
"""

import json
import os
import random
import socket
import string
import sys
import threading
import time

SERVICE = "calc"


class Redis:
    """A connection that sends a command and waits for its answer."""

    def __init__(self, url):
        host, port = url.removeprefix("redis://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")

    def __call__(self, *words):
        words = [word.encode() for word in words]
        parts = [b"*%d\r\n" % len(words)]
        parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
        self.socket.sendall(b"".join(parts))
        return self.answer()

    def answer(self):
        line = self.answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self.answers.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        raise RuntimeError(line)


class Calc:
    def add(self, number):
        return number + 1.0

    def echo(self, text):
        return text


def serve(url):
    redis, calc = Redis(url), Calc()
    print("ready", flush=True)
    while True:
        _, request = redis("BLPOP", SERVICE, "0")
        request = json.loads(request)
        call = request["function_call"]
        value = getattr(calc, call["name"])(*call.get("args", []))
        redis("RPUSH", request["response_queue"], json.dumps({"return_value": value}))


def call(redis, name, argument):
    characters = string.ascii_uppercase + string.digits
    own_queue = f"{SERVICE}:rpc:{''.join(random.choice(characters) for _ in range(8))}"
    function_call = {"name": name, "args": [argument]}
    request = {"function_call": function_call, "response_queue": own_queue}
    redis("RPUSH", SERVICE, json.dumps(request))
    _, reply = redis("BLPOP", own_queue, "0")
    return json.loads(reply)["return_value"]


def loop(redis, task, payload, begin, end, taken):
    """Calls until the end; `taken` gets the times between begin and end."""
    number, text = task * 1000.0, f"{task:x>{payload}}"
    begun = time.perf_counter()
    while begun < end:
        if payload <= 8:
            assert call(redis, "add", number) == number + 1.0
            number += 1.0
        else:
            assert call(redis, "echo", text) == text
        now = time.perf_counter()
        if begin <= now < end:
            taken.append((now - begun) * 1e6)
        begun = now


def ticks(pid):
    """Processor time a process has used, in clock ticks."""
    with open(f"/proc/{pid}/stat") as stat:
        numbers = stat.read().rsplit(")", 1)[1].split()
    return int(numbers[11]) + int(numbers[12])


def busy():
    """Processor time all have used, in clock ticks; the idle ones left out."""
    with open("/proc/stat") as stat:
        numbers = [int(number) for number in stat.readline().split()[1:9]]
    return sum(numbers) - numbers[3] - numbers[4]


def measure(url, in_flight=1, payload=8, seconds=2.0, warm_up=0.5):
    connections = [Redis(url) for _ in range(in_flight)]
    assert call(connections[0], "add", 2.0) == 3.0
    print("ready", flush=True)
    pids = [os.getpid(), *map(int, input().split()[1:])]
    begin = time.perf_counter() + warm_up
    end = begin + seconds
    taken = []
    threads = [
        threading.Thread(target=loop, args=(redis, task, payload, begin, end, taken), daemon=True)
        for task, redis in enumerate(connections)
    ]
    for thread in threads:
        thread.start()
    time.sleep(max(0, begin - time.perf_counter()))
    before, busy_before = [ticks(pid) for pid in pids], busy()
    time.sleep(max(0, end - time.perf_counter()))
    used = {pid: ticks(pid) - old for pid, old in zip(pids, before)}
    cpu = {"busy": busy() - busy_before, "ticks": used}
    for thread in threads:
        thread.join(15)
        assert not thread.is_alive(), "a call was never answered"
    print(json.dumps({**figures(sorted(taken), seconds), **cpu}))


def figures(taken, seconds):
    at = lambda share: taken[min(len(taken) - 1, int(len(taken) * share))] if taken else 0
    latencies = {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1)}
    return {"calls": len(taken), "seconds": seconds, **latencies}


def main():
    role, url, *options = sys.argv[1:]
    if role == "server":
        serve(url)
    names = [name.removeprefix("--").replace("-", "_") for name in options[::2]]
    kinds = {"in_flight": int, "payload": int}
    values = [kinds.get(name, float)(value) for name, value in zip(names, options[1::2])]
    measure(url, **dict(zip(names, values)))


if __name__ == "__main__":
    main()
