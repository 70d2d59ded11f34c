"""One chain of SHA-512 by Python's hashlib: what the workers of the Flask stack run.

Usage: hashlib_loop.py SECONDS; prints iterations per second.
"""
import sys
import time
from hashlib import sha512

seconds = float(sys.argv[1])


def run(steps, digest):
    for _ in range(steps):
        digest = sha512(digest).digest()
    return digest


count = 0
digest = bytes(64)
begin = time.monotonic()
while time.monotonic() - begin < seconds:
    digest = run(10_000, digest)
    count += 10_000
print(round(count / (time.monotonic() - begin)))
