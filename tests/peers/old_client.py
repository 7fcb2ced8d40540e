"""A client that keeps to the old RedisRPC's wire as its Python library did.

Calls the calculator on the queue QUEUE (default calc) of the Redis at REDIS_URL,
prints each reply's bytes, and fails unless the steps arrive at 4 and a method
that does not exist is answered with an exception.
"""

import json
import os
import random
import string
import sys

from resp import Connection

TIMEOUT = 20


class RemoteException(Exception):
    """The text of a reply's exception."""


class Client:
    def __init__(self, connection, queue):
        self.connection = connection
        self.queue = queue

    def call(self, name, *args, **kwargs):
        function_call = {"name": name}
        if args:
            function_call["args"] = args
        if kwargs:
            function_call["kwargs"] = kwargs
        chars = string.ascii_uppercase + string.digits
        own = "%s:rpc:%s" % (self.queue, "".join(random.choices(chars, k=8)))
        request = {"function_call": function_call, "response_queue": own}
        self.connection.ask("RPUSH", self.queue, json.dumps(request))
        popped = self.connection.ask("BLPOP", own, TIMEOUT)
        if popped is None:
            raise TimeoutError("no reply to " + name)
        reply = popped[1].decode()
        print(name, reply, flush=True)
        reply = json.loads(reply)
        if "exception" in reply:
            raise RemoteException(reply["exception"])
        return reply["return_value"]


def main():
    client = Client(Connection(), os.environ.get("QUEUE", "calc"))
    client.call("clr")
    client.call("add", 5)
    client.call("sub", 3.0)
    client.call("mul", number=4)
    client.call("div", 2)
    value = client.call("val")
    try:
        client.call("missing")
        refused = False
    except RemoteException:
        refused = True
    if value != 4.0 or not isinstance(value, float) or not refused:
        sys.exit("expected 4.0 and an exception")


if __name__ == "__main__":
    main()
