"""Iterated SHA-512 as people usually build it: Flask takes jobs, Redis queues them, workers loop over hashlib.

Same calls as jobnode's. What such stacks often get wrong is done right here: gunicorn instead of the development
server, bodies as bytes, one transaction per step, and no job is lost when a worker ends (see worker.py).
"""
import os
import uuid

import redis
from flask import Flask, Response, jsonify, request

app = Flask(__name__)
store = redis.Redis(port=int(os.environ["REDIS_PORT"]))


@app.get("/readyz")
def ready():
    store.ping()
    return "ready"


@app.put("/enqueue")
def enqueue():
    iterations = request.args.get("iterations", type=int)
    if iterations is None or iterations < 1:
        return jsonify(error="iterations must be a whole number from 1"), 400
    job = str(uuid.uuid4())
    with store.pipeline(transaction=True) as steps:
        steps.hset(f"job:{job}", mapping={"body": request.get_data(), "iterations": iterations})
        steps.lpush("queue", job)
        steps.execute()
    return jsonify(id=job)


@app.post("/pullCompleted")
def pull():
    done = store.rpop("done", request.args.get("top", default=1, type=int)) or []
    return Response("[" + ",".join(text.decode() for text in done) + "]", mimetype="application/json")
