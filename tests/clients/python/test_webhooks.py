"""An endpoint of another system, which verifies what it gets with the library of Standard Webhooks."""

import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shop import admin, eventually, expect, key
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from tradepost_client.api.administration_goods_and_users import adjust_stock, create_goods
from tradepost_client.api.administration_webhooks import create_webhook, get_webhook, rotate_webhook_secret
from tradepost_client.models import EventType, NewGoods, NewWebhook, StockChange

EVENTS = 1000


class Receiver(BaseHTTPRequestHandler):
    """Answers the first attempt of half of the events as if it could not work on it."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    secret = None
    requests = 0
    refused = 0
    tried = set()
    events = {}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with Receiver.lock:
            Receiver.requests += 1
            event_id = self.headers["webhook-id"]
            is_busy = event_id not in Receiver.tried and len(Receiver.tried) % 2 == 0
            Receiver.tried.add(event_id)
            try:
                event = Webhook(Receiver.secret).verify(body, dict(self.headers.items()))
                if not is_busy:
                    Receiver.events.setdefault(event_id, []).append(event)
            except WebhookVerificationError:
                Receiver.refused += 1
        self.send_response(503 if is_busy else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Webhooks(unittest.TestCase):
    def test_a_foreign_library_verifies_a_thousand_deliveries_of_which_half_fail_at_first(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        administrator = admin()
        url, types = f"http://127.0.0.1:{server.server_port}/", [EventType("shop.tradepost.stock.changed.v1")]
        new = NewWebhook(url=url, event_types=types)
        created = expect(201, create_webhook.sync_detailed(client=administrator, body=new, idempotency_key=key()))
        Receiver.secret = created.secret
        new = NewGoods(goods_name="A lamp", goods_number=1, goods_price="1.00")
        goods = expect(201, create_goods.sync_detailed(client=administrator, body=new, idempotency_key=key()))

        def adjust(_):
            change = StockChange(delta=1, reason="counted")
            expect(200, adjust_stock.sync_detailed(goods.goods_id, client=administrator, body=change, idempotency_key=key()))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(adjust, range(EVENTS)))

        def of_goods():
            with Receiver.lock:
                return [events for events in Receiver.events.values() if events[0]["subject"] == goods.goods_id]

        found = eventually(of_goods, lambda found: len(found) > EVENTS)
        self.assertEqual([len(events) for events in found], [1] * (EVENTS + 1), "each event is accepted once")
        self.assertGreater(Receiver.requests, 1.4 * EVENTS)
        self.assertEqual(Receiver.refused, 0)
        self.assertEqual(sum(events[0]["data"]["delta"] for events in found), EVENTS + 1)

        # The library accepts what both secrets have signed, with either of them.
        rotated = expect(200, rotate_webhook_secret.sync_detailed(created.webhook_id, client=administrator))
        adjust(None)
        eventually(of_goods, lambda found: len(found) > EVENTS + 1)
        Receiver.secret = rotated.secret
        adjust(None)
        eventually(of_goods, lambda found: len(found) > EVENTS + 2)
        self.assertEqual(Receiver.refused, 0)
        webhook = eventually(
            lambda: expect(200, get_webhook.sync_detailed(created.webhook_id, client=administrator)),
            lambda webhook: webhook.undelivered == 0,
        )
        self.assertTrue(webhook.enabled)
