"""As much of the package `redis` as the guide's Python scripts use of it."""

from resp import Connection


class Redis:
    def __init__(self, connection):
        self.connection = connection

    @classmethod
    def from_url(cls, url):
        return cls(Connection(url))

    def rpush(self, name, *values):
        return self.connection.ask("RPUSH", name, *values)

    def blpop(self, keys, timeout=0):
        popped = self.connection.ask("BLPOP", *keys, timeout)
        return None if popped is None else tuple(popped)

    def lrem(self, name, count, value):
        return self.connection.ask("LREM", name, count, value)

    def expire(self, name, time):
        return self.connection.ask("EXPIRE", name, time)
