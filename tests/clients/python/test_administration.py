"""A shop's administration. Each test is one thing that a shop's administrator does."""

import os
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from shop import URL, admin, customer, eventually, expect, give_money, guest, key, order, order_of, ordered, paid
from tradepost_client.api.accounts import get_me
from tradepost_client.api.administration_goods_and_users import (
    adjust_balance,
    adjust_stock,
    change_goods,
    create_goods,
    get_any_goods,
    get_user,
    list_all_goods,
    list_users,
)
from tradepost_client.api.administration_operation import get_status, run_audit
from tradepost_client.api.administration_orders_and_payments import (
    cancel_any_order,
    get_order_details,
    list_all_orders,
    preview_refund,
    refund_any_order,
    ship_order,
)
from tradepost_client.api.administration_records import list_adjustments, list_journal
from tradepost_client.api.administration_refunds_and_statements import get_refund, list_refunds
from tradepost_client.api.goods import get_goods, list_goods
from tradepost_client.api.orders import place_order, receive_order
from tradepost_client.models import (
    BalanceChange,
    Cancellation,
    ChangedGoods,
    NewGoods,
    NewRefund,
    NewUnits,
    OrderStatus,
    PayStatus,
    RefundPreview,
    RefundStatus,
    ShippingStatus,
    Shipment,
    StockChange,
)

REPLAYED = "Idempotent-Replayed"


class Administration(unittest.TestCase):
    def setUp(self):
        self.admin = admin()

    def new_goods(self, goods_name="A lamp", goods_number=10, goods_price="50.00"):
        body = NewGoods(goods_name=goods_name, goods_number=goods_number, goods_price=goods_price)
        return expect(201, create_goods.sync_detailed(client=self.admin, body=body, idempotency_key=key()))

    def stock(self, goods):
        return expect(200, get_goods.sync_detailed(goods.goods_id, client=guest())).goods_number

    def journal(self):
        return expect(200, list_journal.sync_detailed(client=self.admin, limit=100)).items

    def test_goods_that_are_sent_twice_with_one_key_are_added_once(self):
        body, one = NewGoods(goods_name="A table", goods_number=3, goods_price="200.00"), key()
        first = create_goods.sync_detailed(client=self.admin, body=body, idempotency_key=one)
        again = create_goods.sync_detailed(client=self.admin, body=body, idempotency_key=one)
        self.assertEqual(expect(201, first).goods_id, expect(201, again).goods_id)
        self.assertEqual((first.headers.get(REPLAYED), again.headers.get(REPLAYED)), (None, "true"))
        goods = expect(200, list_all_goods.sync_detailed(client=self.admin, limit=100)).items
        self.assertEqual([found.goods_name for found in goods].count("A table"), 1)

    def test_a_stock_is_adjusted_once_with_one_key(self):
        goods, one = self.new_goods(), key()
        change = lambda delta: adjust_stock.sync_detailed(
            goods.goods_id,
            client=self.admin,
            body=StockChange(delta=delta, reason="Broken in the warehouse"),
            idempotency_key=one,
        )
        self.assertEqual(expect(200, change(-2)).goods_number, 8)
        again = change(-2)
        self.assertEqual((expect(200, again).goods_number, again.headers.get(REPLAYED)), (8, "true"))
        self.assertEqual(expect(422, change(-3)).code, "idempotency_key_reused")
        self.assertEqual(self.stock(goods), 8)
        found = expect(200, list_adjustments.sync_detailed(client=self.admin, goods_id=goods.goods_id)).items
        self.assertEqual([(entry.kind, entry.delta) for entry in found], [("stock", -2), ("stock", 10)])

    def test_a_balance_is_adjusted_once_with_one_key(self):
        (user, buyer), one = customer("adjusted"), key()
        change = lambda delta: adjust_balance.sync_detailed(
            user.user_id,
            client=self.admin,
            body=BalanceChange(delta=delta, reason="A late delivery"),
            idempotency_key=one,
        )
        self.assertEqual(expect(200, change("15.00")).user_money, "15.00")
        again = change("15.00")
        self.assertEqual((expect(200, again).user_money, again.headers.get(REPLAYED)), ("15.00", "true"))
        self.assertEqual(expect(422, change("16.00")).code, "idempotency_key_reused")
        self.assertEqual(expect(200, get_me.sync_detailed(client=buyer)).user_money, "15.00")
        found = expect(200, list_adjustments.sync_detailed(client=self.admin, user_id=user.user_id)).items
        self.assertIn(("balance", "15.00", "A late delivery"), [(it.kind, it.delta, it.reason) for it in found])

    def test_a_new_price_refuses_orders_at_the_old_one_and_leaves_earlier_orders_alone(self):
        goods, (_, buyer) = self.new_goods(), customer("price")
        earlier = ordered(buyer, goods.goods_id, 1)
        body = ChangedGoods(goods_price="60.00", goods_name="A better lamp")
        expect(200, change_goods.sync_detailed(goods.goods_id, client=self.admin, body=body))
        late = order_of(goods.goods_id, 1)
        late.goods[0].goods_price = goods.goods_price
        problem = expect(422, place_order.sync_detailed(client=buyer, body=late, idempotency_key=key()))
        self.assertEqual(problem.code, "goods_price_mismatch")
        self.assertEqual((problem.errors[0].field, problem.errors[0].goods_price), ("goods[0].goods_price", "60.00"))
        late.goods[0].goods_price = problem.errors[0].goods_price
        late = expect(201, place_order.sync_detailed(client=buyer, body=late, idempotency_key=key()))
        lines = [order(buyer, new.order_id).goods[0] for new in (earlier, late)]
        names_and_prices = [(line.goods_name, line.goods_price) for line in lines]
        self.assertEqual(names_and_prices, [("A lamp", "50.00"), ("A better lamp", "60.00")])

    def test_a_price_that_changes_beside_orders_gives_each_of_them_the_price_that_it_was_asked_for(self):
        goods, (_, buyer) = self.new_goods(goods_number=100, goods_price="10.00"), customer("beside")

        def buy(_):
            body = order_of(goods.goods_id, 1)
            body.goods[0].goods_price = "10.00"
            return place_order.sync_detailed(client=buyer, body=body, idempotency_key=key())

        with ThreadPoolExecutor(max_workers=4) as threads:
            answers = threads.map(buy, range(40))
            body = ChangedGoods(goods_price="11.00")
            expect(200, change_goods.sync_detailed(goods.goods_id, client=self.admin, body=body))
            answers = list(answers)
        late = buy(0)
        self.assertEqual(expect(422, late).errors[0].goods_price, "11.00")
        placed = [answer.parsed for answer in answers if answer.status_code == 201]
        self.assertEqual({order.goods_amount for order in placed} - {"10.00"}, set())
        refused = [answer for answer in answers if answer.status_code != 201]
        self.assertEqual({expect(422, answer).code for answer in refused} - {"goods_price_mismatch"}, set())
        eventually(lambda: self.stock(goods), lambda now: now == 100 - len(placed))

    def test_goods_off_sale_are_refused_to_new_orders_and_shipped_to_earlier_ones(self):
        goods, (_, buyer) = self.new_goods(), customer("off-sale")
        earlier = ordered(buyer, goods.goods_id, 1)
        off = ChangedGoods(on_sale=False)
        expect(200, change_goods.sync_detailed(goods.goods_id, client=self.admin, body=off))
        listed = expect(200, list_goods.sync_detailed(client=guest(), limit=100)).items
        self.assertNotIn(goods.goods_id, [found.goods_id for found in listed])
        late = order_of(goods.goods_id, 1)
        problem = expect(409, place_order.sync_detailed(client=buyer, body=late, idempotency_key=key()))
        self.assertEqual((problem.code, problem.errors[0].goods_id), ("goods_off_sale", goods.goods_id))
        paid(buyer, earlier.order_id)
        shipped = expect(200, ship_order.sync_detailed(earlier.order_id, client=self.admin))
        self.assertEqual(shipped.shipping_status, "shipped")
        on = ChangedGoods(on_sale=True)
        expect(200, change_goods.sync_detailed(goods.goods_id, client=self.admin, body=on))
        expect(201, place_order.sync_detailed(client=buyer, body=late, idempotency_key=key()))

    def test_a_change_of_goods_that_another_administrator_has_changed_is_refused(self):
        goods = self.new_goods()
        read = get_any_goods.sync_detailed(goods.goods_id, client=self.admin)
        change = lambda price: change_goods.sync_detailed(
            goods.goods_id,
            client=self.admin,
            body=ChangedGoods(goods_price=price),
            if_match=read.headers["ETag"],
        )
        self.assertEqual(expect(200, change("51.00")).goods_price, "51.00")
        self.assertEqual(expect(412, change("52.00")).code, "precondition_failed")
        now = expect(200, get_any_goods.sync_detailed(goods.goods_id, client=self.admin))
        self.assertEqual(now.goods_price, "51.00")

    def test_a_file_of_goods_is_imported_once(self):
        rows = "goods_name,goods_number,goods_price\nAn imported cup,40,7.50\nAn imported pot,4,22.00\n"
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(rows)
            file.flush()
            for _ in range(2):
                command = [os.environ["TRADEPOST_BINARY"], "import", "goods", file.name, "--url", URL]
                names = {"TRADEPOST_USER": "admin", "TRADEPOST_PASSWORD": os.environ["TRADEPOST_ADMIN_PASSWORD"]}
                done = subprocess.run(command, env=os.environ | names, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
        goods = expect(200, list_all_goods.sync_detailed(client=self.admin, limit=100)).items
        imported = [
            (found.goods_name, found.goods_number, found.goods_price)
            for found in goods
            if found.goods_name.startswith("An imported")
        ]
        self.assertEqual(sorted(imported), [("An imported cup", 40, "7.50"), ("An imported pot", 4, "22.00")])

    def test_an_order_is_shipped_once_it_is_paid(self):
        goods, (_, buyer) = self.new_goods(), customer("shipped")
        new = ordered(buyer, goods.goods_id, 1)
        problem = expect(409, ship_order.sync_detailed(new.order_id, client=self.admin))
        self.assertEqual((problem.code, problem.pay_status), ("order_not_shippable", "unpaid"))
        paid(buyer, new.order_id)
        parcel = Shipment(carrier="A carrier", tracking_no="SF1234567890")
        for _ in range(2):
            shipped = expect(200, ship_order.sync_detailed(new.order_id, client=self.admin, body=parcel))
            self.assertEqual(shipped.shipping_status, "shipped")
        seen = order(buyer, new.order_id)
        self.assertEqual((seen.carrier, seen.tracking_no), ("A carrier", "SF1234567890"))
        received = expect(200, receive_order.sync_detailed(new.order_id, client=buyer))
        self.assertEqual(received.shipping_status, "received")

    def test_an_unpaid_order_is_cancelled_and_its_goods_return(self):
        goods, (_, buyer) = self.new_goods(), customer("cancelled")
        new = ordered(buyer, goods.goods_id, 4)
        self.assertEqual(self.stock(goods), 6)
        body = Cancellation(reason="The customer called")
        cancelled = expect(200, cancel_any_order.sync_detailed(new.order_id, client=self.admin, body=body))
        self.assertEqual(cancelled.order_status, "cancelled")
        eventually(lambda: self.stock(goods), lambda now: now == 10)
        problem = expect(409, ship_order.sync_detailed(new.order_id, client=self.admin))
        self.assertEqual(problem.order_status, "cancelled")

    def test_a_part_refund_gives_units_back_and_is_in_the_list_of_refunds(self):
        goods, (_, buyer) = self.new_goods(goods_price="100.00"), customer("part")
        new = ordered(buyer, goods.goods_id, 2)
        payment, _ = paid(buyer, new.order_id)
        units = lambda: [NewUnits(goods_id=goods.goods_id, goods_number=1)]
        tried = RefundPreview(amount="100.00", goods=units())
        preview = expect(200, preview_refund.sync_detailed(new.order_id, client=self.admin, body=tried))
        self.assertEqual((preview.platform, preview.left, preview.stock[0].goods_number), ("100.00", "100.00", 1))
        body = NewRefund(amount="100.00", goods=units(), reason="One is broken")
        expect(202, refund_any_order.sync_detailed(new.order_id, client=self.admin, body=body, idempotency_key=key()))
        done = lambda: expect(200, list_refunds.sync_detailed(client=self.admin, status=RefundStatus.DONE)).items
        of_order = lambda refunds: [refund for refund in refunds if refund.order_id == new.order_id]
        [refund] = of_order(eventually(done, of_order))
        self.assertEqual((refund.pay_id, refund.amount), (payment.pay_id, "100.00"))
        self.assertEqual(expect(200, get_refund.sync_detailed(refund.refund_id, client=self.admin)), refund)
        eventually(lambda: self.stock(goods), lambda now: now == 9)

    def test_every_act_is_in_the_journal_with_its_author(self):
        author = expect(200, list_users.sync_detailed(client=self.admin, user_name="admin")).items[0].user_id
        goods, (user, buyer) = self.new_goods(), customer("journal")
        give_money(self.admin, user.user_id, "5.00")
        body = ChangedGoods(goods_price="55.00")
        expect(200, change_goods.sync_detailed(goods.goods_id, client=self.admin, body=body))
        new = ordered(buyer, goods.goods_id, 1)
        body = Cancellation(reason="Ordered by mistake")
        expect(200, cancel_any_order.sync_detailed(new.order_id, client=self.admin, body=body))
        entries = self.journal()
        self.assertEqual({entry.user_id for entry in entries}, {author})
        changed = [entry for entry in entries if entry.subject and entry.subject.id == goods.goods_id]
        prices = [entry.data.to_dict().get("goods_price") for entry in changed]
        self.assertIn({"from": "50.00", "to": "55.00"}, prices)
        details = expect(200, get_order_details.sync_detailed(new.order_id, client=self.admin))
        acts = [(entry.act, entry.detail) for entry in details.journal]
        self.assertEqual(acts, [("cancelled", "Ordered by mistake")])

    def test_users_and_orders_are_found(self):
        goods, (user, buyer) = self.new_goods(goods_price="70.00"), customer("found-me")
        new = ordered(buyer, goods.goods_id, 2)
        found = expect(200, list_users.sync_detailed(client=self.admin, user_name_prefix="found-")).items
        self.assertEqual([found.user_id for found in found], [user.user_id])
        self.assertEqual(expect(200, get_user.sync_detailed(user.user_id, client=self.admin)).user_role, "customer")
        found = list_all_orders.sync_detailed(
            client=self.admin,
            goods_id=goods.goods_id,
            from_=new.add_time,
            amount_min="140",
            order_status=OrderStatus.CONFIRMED,
            pay_status=PayStatus.UNPAID,
            shipping_status=ShippingStatus.UNSHIPPED,
        )
        self.assertEqual([found.order_id for found in expect(200, found).items], [new.order_id])

    def test_the_service_is_healthy_and_its_books_are_right(self):
        status = expect(200, get_status.sync_detailed(client=self.admin))
        self.assertEqual((status.status, status.payments.refunds_parked), ("healthy", 0))
        audit = expect(200, run_audit.sync_detailed(client=self.admin))
        self.assertEqual([found.violations for found in audit.invariants if not found.ok], [])
        self.assertTrue(audit.ok)


if __name__ == "__main__":
    unittest.main()
