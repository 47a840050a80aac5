"""The generated client of one server, its callers, and the steps that several scripts share."""

import os
import time
import uuid
from unittest import enterModuleContext

from tradepost_client import AuthenticatedClient, Client
from tradepost_client.api.accounts import register_user, sign_in
from tradepost_client.api.administration_goods_and_users import adjust_balance
from tradepost_client.api.orders import get_order, place_order
from tradepost_client.api.payments import start_payment
from tradepost_client.api.sandbox import pay_trade
from tradepost_client.models import (
    BalanceChange,
    NewOrder,
    NewOrderLine,
    NewPayment,
    NewUser,
    SignIn,
    TradeCallbacks,
)

URL = os.environ["TRADEPOST_URL"]
PASSWORD = "a good password"
# The platform pays at once; a slow machine may take longer.
PATIENCE_S = 60


def expect(status, answer):
    """The parsed body of an answer, which must have this status."""
    if answer.status_code != status:
        raise AssertionError(f"{status} expected, not {answer.status_code}: {answer.content.decode()}")
    return answer.parsed


def eventually(read, is_reached):
    """The first value of `read` for which `is_reached` holds."""
    end = time.monotonic() + PATIENCE_S
    while not is_reached(value := read()):
        if time.monotonic() > end:
            raise AssertionError(f"not reached: {value}")
        time.sleep(0.05)
    return value


def key():
    """A new idempotency key."""
    return str(uuid.uuid4())


def guest():
    """A client without a token. Like every client, it is closed after the tests of the module."""
    return enterModuleContext(Client(base_url=URL))


def caller(user_name, user_password):
    """A client with the token of a user."""
    body = SignIn(user_name=user_name, user_password=user_password)
    session = expect(201, sign_in.sync_detailed(client=guest(), body=body))
    return enterModuleContext(AuthenticatedClient(base_url=URL, token=session.access_token))


def admin():
    return caller("admin", os.environ["TRADEPOST_ADMIN_PASSWORD"])


def customer(user_name):
    """A new customer: the user and a client with its token."""
    body = NewUser(user_name=user_name, user_password=PASSWORD)
    user = expect(201, register_user.sync_detailed(client=guest(), body=body))
    return user, caller(user_name, PASSWORD)


def give_money(administrator, user_id, delta):
    body = BalanceChange(delta=delta, reason="An opening gift")
    return expect(200, adjust_balance.sync_detailed(user_id, client=administrator, body=body, idempotency_key=key()))


def order_of(goods_id, goods_number, **fields):
    lines = [NewOrderLine(goods_id=goods_id, goods_number=goods_number)]
    return NewOrder(goods=lines, address="1 Main Street", consignee="A customer", **fields)


def ordered(client, goods_id, goods_number):
    """A confirmed order."""
    body = order_of(goods_id, goods_number)
    return expect(201, place_order.sync_detailed(client=client, body=body, idempotency_key=key()))


def paid(client, order_id, callbacks=1):
    """Pays an order at the sandbox, which sends so many copies of its callback. Returns the payment and the order."""
    body = NewPayment(order_id=order_id, provider="sandbox")
    payment = expect(201, start_payment.sync_detailed(client=client, body=body, idempotency_key=key()))
    trade = pay_trade.sync_detailed(payment.pay_id, client=guest(), body=TradeCallbacks(callbacks=callbacks))
    expect(200, trade)
    return payment, eventually(lambda: order(client, order_id), lambda order: order.pay_status == "paid")


def order(client, order_id):
    return expect(200, get_order.sync_detailed(order_id, client=client))
