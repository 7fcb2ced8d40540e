"""Brokers, servers and clients: started, watched over, and stopped again."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target")).resolve()
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")

# Longest time a process may take for one step, beyond what it is told to take.
PATIENCE = 30

# The broker's program, and the Debian package it is in.
BROKERS = {
    "redis": ("redis-server", "redis-server"),
    "redis-unix": ("redis-server", "redis-server"),
    "nats": ("nats-server", "nats-server"),
}


class Failed(Exception):
    """A process ended, or said nothing in time."""


def broker_program(via):
    """Where the broker is; `None` if it is not installed."""
    return shutil.which(BROKERS[via][0], path=f"{os.environ['PATH']}:/usr/sbin")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A program that is killed when the `with` block ends."""

    def __init__(self, command, pin=False):
        self.name = Path(command[0]).name
        if pin:
            command = ["taskset", "-c", "0", *command]
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()
        self.popen.stdout.close()

    @property
    def pid(self):
        return self.popen.pid

    def line(self, patience=PATIENCE):
        """The next line it prints."""
        watchdog = threading.Timer(patience, self.popen.kill)
        watchdog.start()
        line = self.popen.stdout.readline()
        watchdog.cancel()
        if not line:
            raise Failed(f"{self.name} ended, or said nothing for {patience} s")
        return line.strip()

    def ready(self):
        said = self.line()
        if said != "ready":
            raise Failed(f"{self.name} said: {said}")

    def go(self, pids):
        print("go", *pids, file=self.popen.stdin, flush=True)


@contextlib.contextmanager
def broker(via, pin):
    """A fresh broker, which keeps nothing: its URL, and its process if it is one."""
    port = free_port()
    if via not in BROKERS:
        yield f"{via}://127.0.0.1:{port}", None
        return
    with tempfile.TemporaryDirectory(prefix="calls-") as folder:
        unix = f"{folder}/redis.sock"
        command = [broker_program(via)]
        if via == "nats":
            command += ["-a", "127.0.0.1", "-p", str(port), "-l", f"{folder}/log"]
        else:
            command += ["--bind", "127.0.0.1", "--port", str(port), "--unixsocket", unix]
            command += ["--save", "", "--appendonly", "no", "--dir", folder]
            command += ["--logfile", f"{folder}/log"]
        with Process(command, pin) as process:
            wait_for(port)
            url = f"redis+unix://{unix}" if via == "redis-unix" else None
            yield url or f"{via}://127.0.0.1:{port}", process


def wait_for(port):
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise Failed(f"nothing listens on port {port}") from None
            time.sleep(0.01)


def command(program, role, url, *options):
    """What runs one end of a contender: a program built here, or a script."""
    script = HERE / f"{program}.py"
    start = ["python3", str(script)] if script.exists() else [f"{TARGET}/release/calls-{program}"]
    return [*start, role, url, *options]


def measure(contender, cell, settings):
    """One measurement: everything started, measured and stopped.

    `cell` says how many calls are in flight, how large, from how many clients to
    how many servers.
    """
    with contextlib.ExitStack() as stack:
        start = lambda command: stack.enter_context(Process(command, settings.pin))
        url, broker_ = stack.enter_context(broker(contender.via, settings.pin))
        options = contender.options.split()
        serve = [*options, *contender.server.split()]
        servers = [
            start(command(contender.server_program or contender.program, "server", url, *serve))
            for _ in range(cell["servers"])
        ]
        for server in servers:
            server.ready()
        call = [*options, *contender.client.split()]
        call += ["--in-flight", str(cell["in_flight"] // cell["clients"])]
        call += ["--payload", str(cell["payload"])]
        call += ["--seconds", str(settings.seconds), "--warm-up", str(settings.warm_up)]
        clients = [
            start(command(contender.program, "client", url, *call))
            for _ in range(cell["clients"])
        ]
        for client in clients:
            client.ready()
        ends = {"server": servers, "broker": [broker_] if broker_ else []}
        pids = [process.pid for end in ends.values() for process in end]
        for client in clients:
            client.go(pids)
        patience = settings.seconds + settings.warm_up + PATIENCE
        told = [json.loads(client.line(patience)) for client in clients]
    return figures(told, clients, ends)


def figures(told, clients, ends):
    """The clients' figures in one: sums, and the median client's latencies."""
    calls = sum(it["calls"] for it in told)
    seconds = told[0]["seconds"]
    if calls == 0:
        raise Failed("no call was answered in time")
    middle = sorted(told, key=lambda it: it["p50"])[len(told) // 2]
    own = zip(told, clients)
    ticks = {"client": sum(it["ticks"][str(client.pid)] for it, client in own)}
    for end, processes in ends.items():
        ticks[end] = sum(told[0]["ticks"][str(process.pid)] for process in processes)
    cpu = {end: count / CLOCK_TICKS / calls * 1e6 for end, count in ticks.items()}
    latencies = {name: middle[name] for name in ["p50", "p90", "p99", "max"]}
    return {"calls": calls / seconds, **latencies, "cpu": cpu}
