"""What is measured: parts that can be chosen, each of some cells."""

from dataclasses import dataclass, field

import backlog
import calls
import contenders

# In the scenarios of scale, and where a second look at all would tell no more.
FEW = ["reference", "redisrpc", "redisrpc, mt2"]
OF_ONE_BROKER = [*FEW, "NATS"]


@dataclass(frozen=True)
class Part:
    """Cells to fill: each contender has its turn in each, in every round."""

    title: str
    measure: callable
    cells: list
    # Names of contenders; none for all of them.
    only: list = field(default_factory=list)
    # To whose figures those of all others are set in proportion.
    reference: str = contenders.REFERENCE.name


def cell(in_flight=1, payload=8, clients=1, servers=1, pin=False, items=0):
    return {
        "in_flight": in_flight,
        "payload": payload,
        "items": items,
        "clients": clients,
        "servers": servers,
        "pin": pin,
    }


def parts(fast):
    """By name. The fast ones leave out cells, never contenders."""
    in_flight = [1, 64, 1024] if fast else [1, 16, 64, 256, 1024, 4096]
    payloads = [(64, 1024)] if fast else [(1, 1024), (64, 1024), (1, 65536), (64, 65536)]
    # Bytes of an item, and how many there are in a stream.
    items = [(8, 10_000)] if fast else [(8, 10_000), (1024, 1_000)]
    streams = [8] if fast else [1, 8, 64]
    servers = [1, 4] if fast else [1, 2, 4]
    clients = [4] if fast else [1, 4, 16]
    return {
        "throughput": Part(
            "Calls a second",
            calls.measure,
            [cell(number) for number in in_flight],
        ),
        "latency": Part(
            "One call at a time, all processes on one CPU",
            calls.measure,
            [cell(pin=True)],
            reference=contenders.FLOOR.name,
        ),
        "payloads": Part(
            "Larger payloads",
            calls.measure,
            [cell(number, payload=payload) for number, payload in payloads],
        ),
        "streams": Part(
            "Items of streams a second",
            calls.measure,
            [cell(number, size, items=count) for size, count in items for number in streams],
            FEW,
        ),
        "processes": Part(
            "Many processes on one queue",
            calls.measure,
            [
                cell(1024, clients=client, servers=server)
                for client in clients
                for server in servers
            ],
            OF_ONE_BROKER,
        ),
        "crowd": Part(
            "Ten thousand calls in one client",
            calls.measure,
            [cell(10_000)],
            OF_ONE_BROKER,
        ),
        "memory": Part(
            "What a call in flight takes of its client's memory",
            backlog.measure_memory,
            [{"calls": 10_000}],
            FEW,
        ),
        "backlog": Part(
            "A queue that was left to fill",
            backlog.measure_drain,
            [{"requests": 100_000 if fast else 1_000_000}],
            FEW,
        ),
    }


# What is measured if nothing else is said.
FAST = ["throughput", "latency"]
