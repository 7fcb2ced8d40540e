// Runs the driver beside it over a connection of the least possible kind.

import net from "node:net";

import { run } from "./driver.js";

const address = new URL(process.env.REDIS_URL);
const socket = net.connect(Number(address.port), address.hostname);
const waiting = [];
let received = Buffer.alloc(0);

/** The answer at this place and where it ends; nothing if it is not all there. */
function answer(at) {
  const end = received.indexOf("\r\n", at);
  if (end < 0) return undefined;
  const [kind, rest] = [received.toString("utf8", at, at + 1), received.toString("utf8", at + 1, end)];
  const [length, start] = [Number(rest), end + 2];
  if (kind === ":") return [length, start];
  if ("$*".includes(kind) && length < 0) return [null, start];
  if (kind === "$") {
    if (received.length < start + length + 2) return undefined;
    return [received.toString("utf8", start, start + length), start + length + 2];
  }
  if (kind !== "*") return [rest, start];
  const items = [];
  let next = start;
  while (items.length < length) {
    const item = answer(next);
    if (item === undefined) return undefined;
    items.push(item[0]);
    next = item[1];
  }
  return [items, next];
}

socket.on("data", (data) => {
  received = Buffer.concat([received, data]);
  for (let next = answer(0); next !== undefined; next = answer(0)) {
    received = received.subarray(next[1]);
    waiting.shift()(next[0]);
  }
});

function ask(...words) {
  const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
  socket.write(`*${words.length}\r\n${parts.join("")}`);
  return new Promise((resolve) => waiting.push(resolve));
}

const connection = {
  rpush: (key, value) => ask("RPUSH", key, value),
  blpop: (key, seconds) => ask("BLPOP", key, seconds),
  lrem: (key, count, value) => ask("LREM", key, count, value),
  time: () => ask("TIME"),
};

await run(connection, (...words) => console.log(...words.map((word) => JSON.stringify(word) ?? "nothing")));
socket.end();
