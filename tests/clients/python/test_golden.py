"""The golden case: a customer registers, asks for a quote, orders, pays, and gets the money back in two parts."""

import unittest
from decimal import Decimal

from shop import admin, customer, eventually, expect, give_money, guest, key, order, order_of, paid
from tradepost_client.api.accounts import get_me, list_my_coupons, list_my_money_log, list_my_score_log
from tradepost_client.api.administration_goods_and_users import create_coupon
from tradepost_client.api.administration_orders_and_payments import refund_any_order
from tradepost_client.api.goods import get_goods
from tradepost_client.api.orders import get_quote, place_order, refund_order
from tradepost_client.api.payments import get_payment
from tradepost_client.api.sandbox import get_trade
from tradepost_client.models import NewCoupon, NewOrderLine, NewQuote, NewRefund, OwnRefund

GOODS = "345959443973935104"


class GoldenCase(unittest.TestCase):
    def test_an_order_is_quoted_paid_and_refunded_in_two_parts(self):
        staff = admin()
        user, buyer = customer("golden")
        self.assertEqual((user.user_money, user.user_score), ("0.00", 0))
        give_money(staff, user.user_id, "1000.00")
        gift = NewCoupon(user_id=user.user_id, coupon_price="20.00")
        coupon = expect(201, create_coupon.sync_detailed(client=staff, body=gift, idempotency_key=key()))
        stock = self.stock()

        lines = [NewOrderLine(goods_id=GOODS, goods_number=1)]
        asked = NewQuote(goods=lines, coupon_id=coupon.coupon_id, money_paid="100.00")
        quote = expect(200, get_quote.sync_detailed(client=buyer, body=asked))
        self.assertEqual((quote.order_amount, quote.pay_amount, quote.problems), ("1000.00", "880.00", []))
        body = order_of(GOODS, 1, coupon_id=coupon.coupon_id, money_paid="100.00", order_amount=quote.order_amount)
        new = expect(201, place_order.sync_detailed(client=buyer, body=body, idempotency_key=key()))
        self.assertEqual((new.order_status, new.pay_status, new.pay_amount), ("confirmed", "unpaid", "880.00"))
        self.assertEqual(self.stock(), stock - 1)

        payment, bought = paid(buyer, new.order_id, callbacks=2)
        self.assertEqual((payment.checkout.kind, bought.pay_id), ("redirect", payment.pay_id))
        self.expect_points(buyer, 880)
        trade = eventually(lambda: self.trade(payment), lambda trade: len(trade.deliveries) == 2)
        self.assertEqual([delivery.status_code for delivery in trade.deliveries], [200, 200])
        self.assertEqual((trade.charged, trade.refunded), ("880.00", "0.00"))

        part = NewRefund(amount="100.00", reason="One part is missing")
        expect(202, refund_any_order.sync_detailed(new.order_id, client=staff, body=part, idempotency_key=key()))
        refunded = eventually(lambda: order(buyer, new.order_id), lambda order: order.refunded_amount == "100.00")
        self.assertEqual([refund.status for refund in refunded.refunds], ["done"])
        self.expect_points(buyer, 780)

        rest = OwnRefund(reason="It is too small")
        expect(202, refund_order.sync_detailed(new.order_id, client=buyer, body=rest, idempotency_key=key()))
        eventually(lambda: order(buyer, new.order_id), lambda order: order.order_status == "refunded")
        payment = expect(200, get_payment.sync_detailed(payment.pay_id, client=buyer))
        self.assertEqual((payment.status, payment.refunded_amount), ("refunded", "880.00"))
        self.assertEqual(self.trade(payment).refunded, "880.00")
        self.expect_points(buyer, 0)
        self.expect_all_given_back(buyer)
        eventually(self.stock, lambda now: now == stock)

    def expect_all_given_back(self, buyer):
        """The balance and the coupon are back, and the logs add up to what the customer has."""
        me = eventually(lambda: self.me(buyer), lambda me: me.user_money == "1000.00")
        is_unused = lambda coupons: not any(coupon.is_used for coupon in coupons)
        eventually(lambda: expect(200, list_my_coupons.sync_detailed(client=buyer)).items, is_unused)
        money = expect(200, list_my_money_log.sync_detailed(client=buyer)).items
        self.assertEqual(sum(Decimal(entry.delta) for entry in money), Decimal(me.user_money))
        score = expect(200, list_my_score_log.sync_detailed(client=buyer)).items
        self.assertEqual(sum(entry.delta for entry in score), me.user_score)

    def expect_points(self, buyer, points):
        eventually(lambda: self.me(buyer), lambda me: me.user_score == points)

    def me(self, buyer):
        return expect(200, get_me.sync_detailed(client=buyer))

    def stock(self):
        return expect(200, get_goods.sync_detailed(GOODS, client=guest())).goods_number

    def trade(self, payment):
        return expect(200, get_trade.sync_detailed(payment.pay_id, client=guest()))


if __name__ == "__main__":
    unittest.main()
