"""Where and with what the figures were taken."""

import json
import os
import platform
import re
import subprocess
from pathlib import Path

import processes

# Crates whose versions are told.
PEERS = ["redisrpc", "tokio", "async-nats", "tarpc", "jsonrpsee", "tonic"]


def facts():
    """What the tables are printed with: the machine, then versions."""
    return {
        "machine": f"{os.cpu_count()} CPUs ({cpu()}), {memory()}, {kernel()}",
        "versions": ", ".join([*programs(), *crates()]),
    }


def cpu():
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else platform.machine()


def memory():
    found = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return f"{int(found[1]) / 1024**2:.0f} GB"


def kernel():
    return f"{platform.system()} {platform.release().split('-')[0]}"


def programs():
    """Of the compiler, Python and the brokers that are there."""
    yield version("rustc")
    yield f"Python {platform.python_version()}"
    for via in ["redis", "nats"]:
        if path := processes.broker_program(via):
            yield version(path)


def version(program):
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    return f"{Path(program).name} {re.search(r'[0-9]+[.][0-9.]+[0-9]', said)[0]}"


def crates():
    """As the lock file has them."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1"],
        cwd=processes.WORKSPACE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    known = {it["name"]: it["version"] for it in json.loads(metadata)["packages"]}
    return [f"{name} {known[name]}" for name in PEERS]
