"""What waits: requests in a queue without a server, calls in a client."""

import time
from pathlib import Path

import processes
from old_python import Redis

QUEUE = "calc"
INBOX = "calc:rpc:{backlog}"
PUSHED_AT_ONCE = 1000


def measure_drain(contender, cell, _):
    """Seconds from the start of a server to the last reply to all that waits."""
    requests = cell["requests"]
    with processes.broker(contender.via) as (url, _):
        redis = Redis(url)
        fill(redis, requests)
        begin = time.perf_counter()
        with processes.Process(processes.server(contender, url)):
            answered = lambda: redis("LLEN", INBOX) >= requests
            processes.wait_until(answered, "the queue was not drained", patience=120)
            seconds = time.perf_counter() - begin
    return {"seconds": seconds, "calls": requests / seconds}


def fill(redis, requests):
    """Requests as native clients write them, each with a number of its own."""
    for first in range(0, requests, PUSHED_AT_ONCE):
        numbers = range(first, min(first + PUSHED_AT_ONCE, requests))
        redis("RPUSH", QUEUE, *[request(number) for number in numbers])


def request(number):
    return (
        f'{{"function_call":{{"name":"add","args":[{number}.0]}},'
        f'"response_queue":"{INBOX}.{number}",'
        f'"context":{{"id":{number},"inbox":"{INBOX}"}}}}'
    )


def measure_memory(contender, cell, _):
    """Bytes by which a client grows for each call that waits, its task included.

    The client has had an answer before, so it knows what kind of server it has.
    """
    calls = cell["calls"]
    with processes.broker(contender.via) as (url, _):
        redis = Redis(url)
        in_flight = ["--in-flight", str(calls)]
        pending = processes.client(contender, url, *in_flight, role="pending")
        with (
            processes.Process(processes.server(contender, url)) as server,
            processes.Process(pending) as client,
        ):
            server.ready()
            client.ready()
            server.stop()
            # Redis must have seen it go, or would hand it the first requests.
            time.sleep(0.2)
            before = resident(client.pid)
            client.go()
            pushed = lambda: redis("LLEN", QUEUE) >= calls
            processes.wait_until(pushed, "not all calls were made")
            # What a client does about calls that wait, it does by then.
            time.sleep(0.5)
            grown = resident(client.pid) - before
    return {"bytes": grown / calls}


def resident(pid):
    """A process' memory, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
