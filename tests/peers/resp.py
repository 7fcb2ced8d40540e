"""A Redis connection of the least possible kind: commands out, answers in."""

import os
import socket
from urllib.parse import urlparse


class Connection:
    def __init__(self, url=None):
        address = urlparse(url or os.environ.get("REDIS_URL", "redis://127.0.0.1/"))
        self.socket = socket.create_connection((address.hostname, address.port or 6379))
        self.lines = self.socket.makefile("rb")
        database = address.path.strip("/")
        if database:
            self.ask("SELECT", database)

    def ask(self, *words):
        """Sends one command and returns its answer."""
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        command = b"*%d\r\n" % len(words)
        command += b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        self.socket.sendall(command)
        return self.answer()

    def answer(self):
        line = self.lines.readline()
        if not line:
            raise ConnectionError("Redis is gone")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self.lines.read(length + 2)[:-2]
        if kind == b"*":
            count = int(rest)
            return None if count < 0 else [self.answer() for _ in range(count)]
        return rest.decode()
