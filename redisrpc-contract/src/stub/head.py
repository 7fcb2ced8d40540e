"""A typed client of the service `SERVICE`.

Written by redisrpc from the service's contract: it is not to be edited, but written
anew when the contract changes.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any, Protocol


class Connection(Protocol):
    """Sends commands to Redis. A `redis.Redis` does, also from many threads."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Sends a command and returns what Redis answers."""


class CallError(Exception):
    """The service answered with an error.

    `code` is `service_error` for an error of the method's own, which is then in
    `data`. Servers of the old RedisRPC tell neither: there both are `None`.
    """

    def __init__(self, message: str, code: str | None, data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class CallTimeout(Exception):
    """No answer came in time. `may_have_run` is false if no server took the call."""

    def __init__(self, message: str, may_have_run: bool) -> None:
        super().__init__(message)
        self.may_have_run = may_have_run


class Client_:
SERVICE_DOC
    def __init__(self, connection: Connection, queue: str, timeout: float = 10.0) -> None:
        """Calls the servers at `queue`, and waits up to `timeout` seconds for each answer.

        The end of that time is looked at once a second. A socket timeout of the
        connection must be longer than a second.
        """
        self._connection = connection
        self._queue = queue
        self._timeout = timeout
        self._ahead: float | None = None

    def _now(self) -> float:
        """The time in seconds, as Redis has it: its clock is the one that counts."""
        if self._ahead is None:
            seconds, micros = self._connection.execute_command("TIME")
            self._ahead = int(seconds) + int(micros) / 1e6 - time.monotonic()
        return time.monotonic() + self._ahead

    def _call(
        self,
        method: str,
        args: list[Any],
        kwargs: dict[str, Any],
        timeout: float | None = None,
        oneway: bool = False,
    ) -> Any:
        """Sends a request, and waits for its answer at a queue of its own."""
        timeout = self._timeout if timeout is None else timeout
        replies = f"{self._queue}:rpc:{uuid.uuid4().hex}"
        call: dict[str, Any] = {"name": method}
        if args:
            call["args"] = args
        given = {name: value for name, value in kwargs.items() if value is not None}
        if given:
            call["kwargs"] = given
        # Servers of 2012 read the first two and leave the third alone.
        context: dict[str, Any] = {"id": 1, "inbox": replies}
        if oneway:
            context["oneway"] = True
        else:
            context["deadline"] = int((self._now() + timeout) * 1000)
        request = json.dumps(
            {"function_call": call, "response_queue": replies, "context": context}
        )
        self._connection.execute_command("RPUSH", self._queue, request)
        return None if oneway else self._answer(method, request, replies, timeout)

    def _answer(self, method: str, request: str, replies: str, timeout: float) -> Any:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            popped = self._connection.execute_command("BLPOP", replies, 1)
            if popped is None:
                continue
            reply = json.loads(popped[1])
            if reply.get("exception") is None:
                return reply.get("return_value")
            error = reply.get("error") or {}
            raise CallError(str(reply["exception"]), error.get("code"), error.get("data"))
        # Taken back, if it is still there.
        withdrawn = self._connection.execute_command("LREM", self._queue, -1, request)
        message = f"`{method}` was not answered within {timeout} s"
        raise CallTimeout(message, may_have_run=not withdrawn)
