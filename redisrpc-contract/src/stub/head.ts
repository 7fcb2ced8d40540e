// A typed client of the service `SERVICE`.
//
// Written by redisrpc from the service's contract: it is not to be edited, but
// written anew when the contract changes.

/**
 * Sends commands to Redis. An `ioredis` connection does; one of `node-redis` with
 * an adapter: `{ rpush: (key, value) => redis.rPush(key, value), … }`.
 */
export interface Connection {
  rpush(key: string, value: string): Promise<unknown>;
  blpop(key: string, seconds: number): Promise<[string, string] | null>;
  lrem(key: string, count: number, value: string): Promise<number>;
  time(): Promise<Array<number | string>>;
}

/**
 * The service answered with an error. `code` is `service_error` for an error of the
 * method's own, which is then in `data`. Servers of the old RedisRPC tell neither.
 */
export class CallError extends Error {
  constructor(message: string, readonly code?: string, readonly data?: unknown) {
    super(message);
    this.name = "CallError";
  }
}

/** No answer came in time. `mayHaveRun` is false if no server took the call. */
export class CallTimeout extends Error {
  constructor(message: string, readonly mayHaveRun: boolean) {
    super(message);
    this.name = "CallTimeout";
  }
}

/** SERVICE_DOC */
export class Client_ {
  readonly #connection: Connection;
  readonly #queue: string;
  readonly #timeout: number;
  #ahead: number | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Calls the servers at `queue`, and waits up to `timeout` milliseconds for each
   * answer; the end of that time is looked at once a second. A call holds the
   * connection until it is answered, so a client makes one after the other: for
   * calls at the same time, take more clients, each with a connection of its own.
   */
  constructor(connection: Connection, queue: string, timeout = 10_000) {
    this.#connection = connection;
    this.#queue = queue;
    this.#timeout = timeout;
  }

  #call(
    method: string,
    args: unknown[],
    kwargs: Record<string, unknown> = {},
    timeout = this.#timeout,
    oneway = false,
  ): Promise<unknown> {
    const call = this.#last.then(() => this.#send(method, args, kwargs, timeout, oneway));
    this.#last = call.catch(() => undefined);
    return call;
  }

  /** Sends a request, and waits for its answer at a queue of its own. */
  async #send(
    name: string,
    args: unknown[],
    kwargs: Record<string, unknown>,
    timeout: number,
    oneway: boolean,
  ): Promise<unknown> {
    const random = () => Math.random().toString(36).slice(2);
    const replies = `${this.#queue}:rpc:${random()}${random()}`;
    const until = oneway ? { oneway } : { deadline: Math.round((await this.#now()) + timeout) };
    const request = JSON.stringify({
      // What is undefined is left out.
      function_call: {
        name,
        args: args.length > 0 ? args : undefined,
        kwargs: Object.values(kwargs).some((it) => it !== undefined) ? kwargs : undefined,
      },
      response_queue: replies,
      // Servers of 2012 read the two before and leave this alone.
      context: { id: 1, inbox: replies, ...until },
    });
    await this.#connection.rpush(this.#queue, request);
    return oneway ? undefined : this.#answer(name, request, replies, timeout);
  }

  /** The time in milliseconds, as Redis has it: its clock is the one that counts. */
  async #now(): Promise<number> {
    if (this.#ahead === undefined) {
      const [seconds, micros] = await this.#connection.time();
      this.#ahead = Number(seconds) * 1000 + Number(micros) / 1000 - Date.now();
    }
    return Date.now() + this.#ahead;
  }

  async #answer(name: string, request: string, replies: string, timeout: number) {
    const end = Date.now() + timeout;
    while (Date.now() < end) {
      const popped = await this.#connection.blpop(replies, 1);
      if (popped === null) continue;
      const reply = JSON.parse(popped[1]);
      if (typeof reply.exception !== "string") return reply.return_value;
      throw new CallError(reply.exception, reply.error?.code, reply.error?.data);
    }
    // Taken back, if it is still there.
    const withdrawn = await this.#connection.lrem(this.#queue, -1, request);
    const message = `\`${name}\` was not answered within ${timeout} ms`;
    throw new CallTimeout(message, withdrawn === 0);
  }
