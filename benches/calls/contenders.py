"""Who is measured: a line each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """A way to call: `name` in tables, the `program` of both ends, what it goes
    `via`, and the options of both ends, of the client and of the server alone."""

    name: str
    program: str
    via: str = "redis"
    options: str = ""
    client: str = ""
    server: str = ""


# All others are measured in proportion to it.
REFERENCE = Contender("reference", "raw")

CONTENDERS = [
    REFERENCE,
    Contender("reference mt2", "raw", options="--runtime mt2"),
    Contender("redisrpc", "redisrpc"),
    Contender("redisrpc mt2", "redisrpc", options="--runtime mt2"),
]
