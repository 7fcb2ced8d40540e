"""Who is measured: a line each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """A way to call: `name` in tables, the `program` of both ends, what it goes
    `via`, the options of both ends, and those of the client and the server alone.
    `server_program` is for a server that is none of the client's own."""

    name: str
    program: str
    via: str = "redis"
    options: str = ""
    client: str = ""
    server: str = ""
    server_program: str = ""
    # More calls at once than make sense: each is a connection or a thread.
    most_in_flight: int = 10_000

    @property
    def programs(self):
        """Of the client, and of the server."""
        return self.program, self.server_program or self.program


# All others are set in proportion to the one; one call at a time, to the other.
REFERENCE = Contender("reference", "raw")
FLOOR = Contender("floor", "raw", client="--variant floor", most_in_flight=64)

CONTENDERS = [
    REFERENCE,
    Contender("reference, mt2", "raw", options="--runtime mt2"),
    Contender("reference, unix socket", "raw", via="redis-unix"),
    FLOOR,
    Contender("redisrpc", "redisrpc"),
    Contender("redisrpc, at most once", "redisrpc", server="--variant at-most-once"),
    Contender("redisrpc, mt2", "redisrpc", options="--runtime mt2"),
    Contender("redisrpc, unix socket", "redisrpc", via="redis-unix"),
    Contender("redisrpc, blocking", "redisrpc", client="--variant blocking", most_in_flight=1024),
    Contender("redisrpc, old server", "redisrpc", server_program="raw", server="--variant old"),
    Contender("old client, old server", "raw", options="--variant old", most_in_flight=1024),
    Contender("old Python", "old_python", most_in_flight=64),
    Contender("NATS", "nats", via="nats"),
    Contender("tarpc, JSON", "tarpc", via="tcp"),
    Contender("tarpc, bincode", "tarpc", via="tcp", options="--variant bincode"),
    Contender("jsonrpsee", "jsonrpsee", via="ws"),
    Contender("tonic", "tonic", via="http"),
]
