"""One worker: takes a job, hashes, stores the result. A job in work stays on a list of the worker's own, so that it is
taken up again when the worker ends in the middle.

Usage: worker.py NUMBER
"""
import json
import os
import sys
from hashlib import sha512

import redis

store = redis.Redis(port=int(os.environ["REDIS_PORT"]))
working = f"working:{sys.argv[1]}"


def finish(job):
    body, iterations = store.hmget(f"job:{job}", "body", "iterations")
    digest = body
    for _ in range(int(iterations)):
        digest = sha512(digest).digest()
    with store.pipeline(transaction=True) as steps:
        steps.lpush("done", json.dumps({"id": job, "result": digest.hex(), "iterations": int(iterations)}))
        steps.lrem(working, 1, job)
        steps.delete(f"job:{job}")
        steps.execute()


for left in store.lrange(working, 0, -1):
    finish(left.decode())
while True:
    taken = store.blmove("queue", working, 5, src="RIGHT", dest="LEFT")
    if taken is not None:
        finish(taken.decode())
