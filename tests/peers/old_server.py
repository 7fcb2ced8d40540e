"""A server that keeps to the old RedisRPC's wire as its Python library did.

Serves a calculator on the queue QUEUE (default calc) of the Redis at REDIS_URL
until it is killed. It deletes the queue when it starts, takes one request at a
time, and puts no expiry on a reply.
"""

import json
import os

from resp import Connection


class Calculator:
    def __init__(self):
        self.acc = 0.0

    def clr(self):
        self.acc = 0.0

    def add(self, number):
        self.acc += number
        return self.acc

    def sub(self, number):
        self.acc -= number
        return self.acc

    def mul(self, number):
        self.acc *= number
        return self.acc

    def div(self, number):
        self.acc /= number
        return self.acc

    def val(self):
        return self.acc


def answer(calculator, call):
    try:
        method = getattr(calculator, call["name"])
        value = method(*call.get("args") or [], **call.get("kwargs") or {})
        return {"return_value": value}
    except Exception as error:
        return {"exception": repr(error)}


def main():
    connection = Connection()
    queue = os.environ.get("QUEUE", "calc")
    calculator = Calculator()
    connection.ask("DEL", queue)
    print("serving `%s`" % queue, flush=True)
    while True:
        _, request = connection.ask("BLPOP", queue, 0)
        request = json.loads(request)
        reply = json.dumps(answer(calculator, request["function_call"]))
        print(request["function_call"]["name"], reply, flush=True)
        connection.ask("RPUSH", request["response_queue"], reply)


if __name__ == "__main__":
    main()
