"""Brokers, servers and clients: started, watched over, and stopped again."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target")).resolve()

# Longest time a process may take for one step, beyond what it is told to take.
PATIENCE = 30

# The program of each broker; the Debian package has its name.
BROKERS = {"redis": "redis-server", "redis-unix": "redis-server", "nats": "nats-server"}


class Failed(Exception):
    """A process ended, or said nothing in time."""


def broker_program(via):
    """Where the broker is; `None` if it is not installed."""
    return shutil.which(BROKERS[via], path=f"{os.environ['PATH']}:/usr/sbin")


def missing_broker(via):
    """The name of what has to be installed to go that way."""
    return BROKERS[via] if via in BROKERS and not broker_program(via) else None


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
        self.stop()
        self.popen.stdin.close()
        self.popen.stdout.close()

    def stop(self):
        self.popen.kill()
        self.popen.wait()

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

    def go(self, pids=()):
        print("go", *pids, file=self.popen.stdin, flush=True)


@contextlib.contextmanager
def broker(via, pin=False):
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
            wait_until(lambda: listens(port), f"{BROKERS[via]} does not listen")
            url = f"redis+unix://{unix}" if via == "redis-unix" else None
            yield url or f"{via}://127.0.0.1:{port}", process


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition, complaint, patience=PATIENCE):
    until = time.monotonic() + patience
    while not condition():
        if time.monotonic() > until:
            raise Failed(complaint)
        time.sleep(0.005)


def client(contender, url, *options, role="client"):
    """The command that runs a contender's calling end."""
    options = [*contender.options.split(), *contender.client.split(), *options]
    return command(contender.programs[0], role, url, options)


def server(contender, url):
    """The command that runs a contender's serving end."""
    options = [*contender.options.split(), *contender.server.split()]
    return command(contender.programs[1], "server", url, options)


def command(program, role, url, options):
    """Of a program built here, or of a script."""
    script = HERE / f"{program}.py"
    start = [sys.executable, str(script)] if script.exists() else [f"{TARGET}/release/calls-{program}"]
    return [*start, role, url, *options]
