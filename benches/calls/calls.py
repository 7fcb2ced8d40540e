"""One measurement of calls: everything started, measured and stopped."""

import contextlib
import json
import os
import subprocess
import time

import processes

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def measure(contender, cell, settings):
    """Calls a second, latencies in microseconds, what one call costs each end, and
    the share of all processors that something else was using.

    `cell` says how many calls are in flight, how large, from how many clients to
    how many servers, and whether all run on one CPU.
    """
    with contextlib.ExitStack() as stack:
        url, broker = stack.enter_context(processes.broker(contender.via, cell["pin"]))

        def started(count, command):
            ends = [
                stack.enter_context(processes.Process(command, cell["pin"]))
                for _ in range(count)
            ]
            for end in ends:
                end.ready()
            return ends

        servers = started(cell["servers"], processes.server(contender, url))
        clients = started(cell["clients"], client(contender, url, cell, settings))
        ends = {"client": clients, "server": servers, "broker": [broker] if broker else []}
        others = [process.pid for process in [*ends["server"], *ends["broker"]]]
        for process in clients:
            process.go(others)
        entered = syscalls(ends, settings) if settings.syscalls else {}
        patience = settings.seconds + settings.warm_up + processes.PATIENCE
        told = [json.loads(process.line(patience)) for process in clients]
    # Where there are streams their items are counted.
    return figures(told, ends, entered, cell["items"] or 1)


def client(contender, url, cell, settings):
    return processes.client(
        contender,
        url,
        *["--in-flight", str(cell["in_flight"] // cell["clients"])],
        *["--payload", str(cell["payload"]), "--items", str(cell["items"])],
        *["--seconds", str(settings.seconds), "--warm-up", str(settings.warm_up)],
    )


def figures(told, ends, entered, items):
    """The clients' figures in one: sums, and the median client's latencies."""
    calls = sum(it["calls"] for it in told) * items
    if calls == 0:
        raise processes.Failed("no call was answered in time")
    a_second = calls / told[0]["seconds"]
    middle = sorted(told, key=lambda it: it["p50"])[len(told) // 2]
    used = {end: ticks(end, told, processes_) for end, processes_ in ends.items() if processes_}
    cpu = {end: count / CLOCK_TICKS / calls * 1e6 for end, count in used.items()}
    others = max(0, told[0]["busy"] - sum(used.values()))
    others = others / CLOCK_TICKS / told[0]["seconds"] / os.cpu_count()
    latencies = {name: middle[name] for name in ["p50", "p90", "p99", "max"]}
    per_call = {end: rate and rate / a_second for end, rate in entered.items()}
    return {
        "calls": a_second,
        **latencies,
        "cpu": cpu,
        "syscalls": per_call,
        "others": others,
    }


def ticks(end, told, processes_):
    """Each client has looked at itself, and every one at all servers and the broker."""
    lookers = told if end == "client" else told[:1] * len(processes_)
    return sum(it["ticks"][str(process.pid)] for it, process in zip(lookers, processes_))


def syscalls(ends, settings):
    """Entered a second, by end, in the middle of the measurement; `None` where the
    kernel does not let us count."""
    time.sleep(settings.warm_up + settings.seconds * 0.1)
    counting = {
        end: counter([process.pid for process in processes_], settings.seconds * 0.7)
        for end, processes_ in ends.items()
        if processes_
    }
    return {end: counted(perf, settings.seconds * 0.7) for end, perf in counting.items()}


def counter(pids, seconds):
    command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter"]
    command += ["-p", ",".join(map(str, pids)), "--", "sleep", str(seconds)]
    try:
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        return None


def counted(perf, seconds):
    if perf is None:
        return None
    count = perf.communicate()[1].split(",")[0]
    return int(count) / seconds if count.isdecimal() else None
