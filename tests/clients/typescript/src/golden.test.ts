// The golden case: a customer registers, asks for a quote, orders, pays, and gets the money back in two parts.

import assert from "node:assert/strict";
import test from "node:test";

import {
  admin,
  customer,
  eventually,
  expect,
  giveMoney,
  guest,
  keyed,
  me,
  order,
  payAtSandbox,
  payment,
  trade,
} from "./shop.js";

const GOODS = "345959443973935104";

async function stock(): Promise<number> {
  return expect(200, await guest().GET("/v1/goods/{id}", { params: { path: { id: GOODS } } })).goods_number;
}

test("an order is quoted, paid and refunded in two parts", async () => {
  const administrator = await admin();
  const [user, buyer] = await customer("golden");
  assert.deepEqual([user.user_money, user.user_score], ["0.00", 0]);
  await giveMoney(administrator, user.user_id, "1000.00");
  const gift = { user_id: user.user_id, coupon_price: "20.00" };
  const coupon = expect(201, await administrator.POST("/admin/coupons", { params: { header: keyed() }, body: gift }));
  const inStock = await stock();

  const goods = [{ goods_id: GOODS, goods_number: 1 }];
  const paying = { coupon_id: coupon.coupon_id, money_paid: "100.00" };
  const quote = expect(200, await buyer.POST("/v1/quotes", { body: { goods, ...paying } }));
  assert.deepEqual([quote.order_amount, quote.pay_amount, quote.problems], ["1000.00", "880.00", []]);
  const answer = await buyer.POST("/v1/orders", {
    params: { header: keyed() },
    body: { goods, ...paying, order_amount: quote.order_amount, address: "1 Main Street", consignee: "A customer" },
  });
  const orderId = expect(201, answer).order_id;
  assert.equal(answer.response.headers.get("Location"), `/v1/orders/${orderId}`);
  assert.equal(await stock(), inStock - 1);

  const started = await buyer.POST("/v1/payments", {
    params: { header: keyed() },
    body: { order_id: orderId, provider: "sandbox" },
  });
  const payId = expect(201, started).pay_id;
  await payAtSandbox(payId, 2);
  const paid = await eventually(() => order(buyer, orderId), (found) => found.pay_status === "paid");
  assert.deepEqual([paid.pay_id, paid.order_status], [payId, "confirmed"]);
  await eventually(() => me(buyer), (found) => found.user_score === 880);
  const called = await eventually(() => trade(payId), (found) => found.deliveries.length === 2);
  assert.deepEqual(called.deliveries.map((delivery) => delivery.status_code), [200, 200]);
  assert.deepEqual([called.charged, called.refunded], ["880.00", "0.00"]);

  const params = () => ({ path: { id: orderId }, header: keyed() });
  const part = { amount: "100.00", reason: "One part is missing" };
  expect(202, await administrator.POST("/admin/orders/{id}/refund", { params: params(), body: part }));
  const less = await eventually(() => order(buyer, orderId), (found) => found.refunded_amount === "100.00");
  assert.deepEqual(less.refunds.map((refund) => refund.status), ["done"]);
  await eventually(() => me(buyer), (found) => found.user_score === 780);

  const rest = { reason: "It is too small" };
  expect(202, await buyer.POST("/v1/orders/{id}/refund", { params: params(), body: rest }));
  await eventually(() => order(buyer, orderId), (found) => found.order_status === "refunded");
  const back = await payment(buyer, payId);
  assert.deepEqual([back.status, back.refunded_amount], ["refunded", "880.00"]);
  assert.equal((await trade(payId)).refunded, "880.00");
  await eventually(() => me(buyer), (found) => found.user_score === 0 && found.user_money === "1000.00");
  const coupons = async () => expect(200, await buyer.GET("/v1/users/me/coupons")).items;
  await eventually(coupons, (found) => found.every((coupon) => !coupon.is_used));
  await eventually(stock, (found) => found === inStock);
});
