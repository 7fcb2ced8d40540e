"""Runs the driver beside it over the connection that people have."""

import os

import redis

from driver import run

run(redis.Redis.from_url(os.environ["REDIS_URL"]))
