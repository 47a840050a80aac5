"""Floods a server and tells how its customers fare. See .ci/floods."""

import asyncio
import itertools
import multiprocessing
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import floods
from client import Client

ADMINISTRATOR = "the-password-of-the-floods"
CUSTOMERS = 40
ORDERS_PER_SECOND = 50
SLOWER_MAX = 2.0
LARGER_MAX = 1.5


class Server:
    """A server with data of its own."""

    def __init__(self, binary, folder):
        self.folder = pathlib.Path(folder)
        settings = {
            "TRADEPOST__HTTP__LISTEN": "127.0.0.1:0",
            "TRADEPOST__STORE__URL": f"sqlite://{self.folder}/stores",
            "TRADEPOST__ADMIN__PASSWORD": ADMINISTRATOR,
        }
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary, "serve"], env=os.environ | settings, cwd=self.folder, stdout=log, stderr=log
            )
        self.port = self.wait_for_port()

    def wait_for_port(self):
        for _ in range(300):
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.log.read_text())
            if found:
                return int(found[1])
            time.sleep(0.1)
        raise SystemExit(self.log.read_text())

    def memory(self):
        """Resident memory in KiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Shop:
    """The customers and the goods that they buy. Each customer pays with their balance, so that nothing stays unpaid."""

    def __init__(self, port):
        self.port = port

    async def open(self):
        admin = Client(self.port, "127.0.0.2")
        self.admin = await admin.sign_in("admin", ADMINISTRATOR)
        headers = {"Idempotency-Key": "goods"}
        body = {"goods_name": "Lamp", "goods_price": "1.00", "goods_number": 1_000_000}
        goods = await admin.expect(201, "POST", "/admin/goods", body, self.admin, headers)
        self.goods = goods["goods_id"]
        self.tokens = []
        for n in range(CUSTOMERS):
            customer = Client(self.port, f"127.0.2.{n + 1}")
            user = await customer.register(f"customer-{n}")
            body = {"delta": "100000.00", "reason": "floods"}
            path = f"/admin/users/{user}/balance"
            await admin.expect(200, "POST", path, body, self.admin, {"Idempotency-Key": f"balance-{n}"})
            self.tokens.append(await customer.sign_in(f"customer-{n}", "a-password-of-customers"))

    def body(self):
        fee = "10.00"
        return {
            "goods": [{"goods_id": self.goods, "goods_number": 1, "goods_price": "1.00"}],
            "money_paid": "11.00",
            "shipping_fee": fee,
            "order_amount": "11.00",
            "address": "1 Main Street",
            "consignee": "zs",
        }


async def order(shop, seconds):
    """Orders at a fixed rate. Returns the times in ms and the number of answers by status."""
    clients = [Client(shop.port, f"127.0.2.{n + 1}") for n in range(CUSTOMERS)]
    times, statuses, running = [], {}, set()

    async def one(n):
        began = time.perf_counter()
        headers = {"Idempotency-Key": f"order-{time.time_ns()}"}
        try:
            status, _ = await clients[n].call("POST", "/v1/orders", shop.body(), shop.tokens[n], headers)
        except OSError as error:
            status = type(error).__name__
        times.append((time.perf_counter() - began) * 1000)
        statuses[status] = statuses.get(status, 0) + 1

    end = time.monotonic() + seconds
    for n in itertools.cycle(range(CUSTOMERS)):
        if time.monotonic() > end:
            break
        running.add(task := asyncio.create_task(one(n)))
        task.add_done_callback(running.discard)
        await asyncio.sleep(1 / ORDERS_PER_SECOND)
    await asyncio.gather(*running)
    return sorted(times), statuses


async def watch_memory(server, sizes):
    while True:
        sizes.append(server.memory())
        await asyncio.sleep(0.2)


async def measure(server, shop, seconds):
    sizes = []
    watching = asyncio.create_task(watch_memory(server, sizes))
    times, statuses = await order(shop, seconds)
    watching.cancel()
    return times[len(times) * 99 // 100], max(sizes), statuses


def flood(name, port, attackers):
    os.nice(10)
    asyncio.run(floods.FLOODS[name](port, attackers))


def compute():
    """Takes the processor time that attackers take, and sends nothing."""
    os.nice(10)
    while True:
        sum(range(1000))


async def beside(work, arguments, measured):
    """Measures while a process does `work`."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    await asyncio.sleep(3)
    try:
        return await measure(*measured)
    finally:
        process.terminate()
        process.join()


async def run(server, seconds):
    shop = Shop(server.port)
    await shop.open()
    attackers = []
    for n in range(8):
        attacker = Client(server.port, f"127.0.1.{n + 1}")
        await attacker.register(f"attacker-{n}")
        attackers.append(await attacker.sign_in(f"attacker-{n}", "a-password-of-customers"))
    await measure(server, shop, 5)
    wrong = []
    first = None
    for name in floods.FLOODS:
        # The speed of the machine varies, so that each flood is compared with the quiet right before it. The attackers
        # have the same processors; in the quiet, something else takes their time.
        quiet, size, statuses = await beside(compute, (), (server, shop, seconds))
        # The memory that a flood has taken is not always given back at once.
        first = first or size
        print(f"{'quiet':18} p99 {quiet:6.1f} ms       memory {size / 1024:4.0f} MiB        {statuses}", flush=True)
        p99, now, statuses = await beside(flood, (name, server.port, attackers), (server, shop, seconds))
        slower, larger = p99 / quiet, now / first
        print(
            f"{name:18} p99 {p99:6.1f} ms x{slower:4.2f} memory {now / 1024:4.0f} MiB x{larger:4.2f}  {statuses}",
            flush=True,
        )
        if set(statuses) != {201} or slower > SLOWER_MAX or larger > LARGER_MAX:
            wrong.append(name)
        await asyncio.sleep(2)
    return wrong


def main():
    binary, seconds = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, folder)
        try:
            wrong = asyncio.run(run(server, seconds))
        finally:
            ended = server.stop()
        url = f"sqlite://{folder}/stores"
        audit = subprocess.run(
            [binary, "audit"],
            env=os.environ | {"TRADEPOST__STORE__URL": url},
            cwd=folder,
            capture_output=True,
            text=True,
        )
    if ended or audit.returncode:
        sys.exit(f"the server ended with {ended}, the audit with {audit.returncode}:\n{audit.stdout}{audit.stderr}")
    if wrong:
        sys.exit(f"customers notice: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
