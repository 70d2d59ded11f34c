#!/usr/bin/env python3
"""Stands in for the instance metadata service, version 2, of one instance of the rehearsal (169.254.169.254).

Usage: metadata.py STATE INSTANCE. What it answers is read from STATE/instances/INSTANCE at each call. As in the real
one a token comes first, by PUT, and every question without a valid one is 401.
"""
import http.server
import pathlib
import secrets
import sys
import time

FOLDER = pathlib.Path(sys.argv[1], "instances", sys.argv[2])
TOKENS = {}


def told(name):
    """The text of one file of the instance, or None."""
    file = FOLDER / name
    return file.read_text().strip() if file.exists() else None


def answer(path):
    """What the service says under meta-data/, or None for 404."""
    lifecycle = told("lifecycle") or "InService"
    return {
        "instance-id": FOLDER.name,
        "local-ipv4": told("address"),
        "placement/region": "eu-central-1",
        "placement/availability-zone": told("zone"),
        "autoscaling/target-lifecycle-state": "Terminated" if lifecycle.startswith("Terminating") else "InService",
        "spot/instance-action": told("spot"),
        "events/recommendations/rebalance": told("rebalance"),
    }.get(path)


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    def do_PUT(self):
        seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if self.path != "/latest/api/token" or not seconds.isdigit() or not 1 <= int(seconds) <= 21600:
            self.reply(400, "")
            return

        token = secrets.token_urlsafe(40)
        TOKENS[token] = time.monotonic() + int(seconds)
        self.reply(200, token)

    def do_GET(self):
        if TOKENS.get(self.headers.get("X-aws-ec2-metadata-token", ""), 0) < time.monotonic():
            self.reply(401, "")
            return

        prefix = "/latest/meta-data/"
        text = answer(self.path[len(prefix):]) if self.path.startswith(prefix) else None
        self.reply(404 if text is None else 200, text or "")

    def reply(self, code, text):
        """Sends one answer."""
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


http.server.ThreadingHTTPServer(("169.254.169.254", 80), Handler).serve_forever()
