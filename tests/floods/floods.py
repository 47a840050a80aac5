"""What attackers do. Each flood goes on until its process ends."""

import asyncio
import json
import os
import random

from client import connect, read_answer, request

HELD = 2_000
ADDRESSES = 8
SIGN_INS = 200
CALLBACKS = 64
BODIES = 300


async def for_ever(work, *arguments):
    """Repeats `work`, at most twenty times a second."""
    while True:
        try:
            await asyncio.gather(work(*arguments), asyncio.sleep(0.05))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await asyncio.sleep(0.05)


async def until_cut(reader):
    while await reader.read(4096):
        pass


def order(token, length):
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": os.urandom(8).hex(),
    }
    return request("POST", "/v1/orders", headers=headers, length=length)


async def held(port, address, begin, drip=b"", is_read=True):
    """Opens a connection, sends `begin`, then `drip` each second, until the server cuts it."""
    reader, writer = await connect(port, address)
    try:
        writer.write(begin)
        if not is_read:
            writer.transport.pause_reading()
            await asyncio.sleep(3_600)
        cut = asyncio.create_task(until_cut(reader))
        while not cut.done():
            writer.write(drip)
            await asyncio.wait([cut], timeout=1)
        await cut
    finally:
        writer.close()


def ways(token):
    """The eight ways to hold a connection: what is sent first, then each second, and whether answers are read."""
    goods = request("GET", "/v1/goods?limit=100")
    return [
        (b"", b"", True),
        (b"GET /v1/goods HTTP/1.1\r\nHost: a\r\n", b"", True),
        (b"GET /v1/goods HTTP/1.1\r\n", b"X", True),
        (order(token, 100), b"", True),
        (order(token, 100), b"{", True),
        (goods * 20, b"", False),
        (goods, b"", True),
        (os.urandom(64), b"\x16\x03\x01", True),
    ]


async def hold_connections(port, tokens):
    work = []
    for n in range(HELD):
        way = ways(tokens[n % len(tokens)])[n // ADDRESSES % 8]
        work.append(for_ever(held, port, f"127.0.1.{n % ADDRESSES + 1}", *way))
    await asyncio.gather(*work)


async def one_request(port, address, content):
    reader, writer = await connect(port, address)
    try:
        writer.write(content())
        while True:
            await read_answer(reader)
            await asyncio.sleep(0.05)
            writer.write(content())
    finally:
        writer.close()


async def guess_passwords(port, _):
    def guess():
        body = {"user_name": f"customer-{random.randrange(40)}", "user_password": f"guess {random.random()}"}
        return request("POST", "/v1/sessions", json.dumps(body).encode(), {"Content-Type": "application/json"})

    work = (for_ever(one_request, port, f"127.0.3.{n + 1}", guess) for n in range(SIGN_INS))
    await asyncio.gather(*work)


async def send_garbage_callbacks(port, _):
    body = os.urandom(60_000)

    def callback():
        return request("POST", "/v1/payments/callbacks/sandbox", body, {"Sandbox-Signature": "t=1,v1=00"})

    work = (for_ever(one_request, port, f"127.0.1.{n % ADDRESSES + 1}", callback) for n in range(CALLBACKS))
    await asyncio.gather(*work)


async def keep_back_bodies(port, tokens):
    work = []
    for n in range(BODIES):
        begin = order(tokens[n % len(tokens)], 100)
        work.append(for_ever(held, port, f"127.0.1.{n % ADDRESSES + 1}", begin))
    await asyncio.gather(*work)


FLOODS = {
    "held connections": hold_connections,
    "wrong sign-ins": guess_passwords,
    "garbage callbacks": send_garbage_callbacks,
    "bodies kept back": keep_back_bodies,
}
