// A shop front, from the first look of a guest to the refund. Each test is one visit.

import assert from "node:assert/strict";
import test from "node:test";

import {
  type Caller,
  type Schema,
  admin,
  customer,
  eventually,
  expect,
  expectProblem,
  giveMoney,
  guest,
  keyed,
  me,
  order,
  payAtSandbox,
  payment,
} from "./shop.js";

const TO_ME = { address: "1 Main Street", consignee: "A customer" };

async function newGoods(administrator: Caller, goodsName: string, goodsNumber: number, goodsPrice: string) {
  const body = { goods_name: goodsName, goods_number: goodsNumber, goods_price: goodsPrice };
  return expect(201, await administrator.POST("/admin/goods", { params: { header: keyed() }, body }));
}

/** All items of a list, page by page. */
async function all<T>(page: (cursor?: string) => Promise<{ items: T[]; next_cursor: string | null }>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const found = await page(cursor);
    items.push(...found.items);
    cursor = found.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

async function ordered(buyer: Caller, goodsId: string, goodsNumber: number): Promise<Schema<"Order">> {
  const body = { goods: [{ goods_id: goodsId, goods_number: goodsNumber }], ...TO_ME };
  const answer = await buyer.POST("/v1/orders", { params: { header: keyed() }, body });
  const placed = expect(201, answer);
  assert.ok("pay_status" in placed, "the order is decided");
  return placed;
}

async function startPayment(buyer: Caller, orderId: string) {
  const body = { order_id: orderId, provider: "sandbox" };
  return await buyer.POST("/v1/payments", { params: { header: keyed() }, body });
}

test("a guest looks at goods and learns what an order costs", async () => {
  const visitor = guest();
  const tea = await newGoods(await admin(), "Tea", 2, "20.00");
  const listed = await all(async (cursor) => {
    return expect(200, await visitor.GET("/v1/goods", { params: { query: { limit: 2, cursor } } }));
  });
  assert.ok(listed.some((goods) => goods.goods_id === tea.goods_id));
  assert.equal(new Set(listed.map((goods) => goods.goods_id)).size, listed.length);
  const methods = expect(200, await visitor.GET("/v1/payment-methods")).items;
  const offered = methods.map((method) => [method.provider, method.checkout, method.state]);
  assert.deepEqual(offered, [["sandbox", "redirect", "up"]]);

  const goods = [{ goods_id: tea.goods_id, goods_number: 3 }];
  const quote = expect(200, await visitor.POST("/v1/quotes", { body: { goods } }));
  assert.deepEqual([quote.goods_amount, quote.shipping_fee, quote.order_amount], ["60.00", "10.00", "70.00"]);
  const short = quote.problems.map((problem) => [problem.code, problem.field, problem.available]);
  assert.deepEqual(short, [["insufficient_stock", "goods[0].goods_number", 2]]);

  const refused = expectProblem(401, await visitor.POST("/v1/quotes", { body: { goods, money_paid: "1.00" } }));
  assert.equal(refused.errors?.[0]?.code, "token_missing");
});

test("a customer orders at the prices that a quote has shown", async () => {
  const [, buyer] = await customer("quoted");
  const tea = await newGoods(await admin(), "Tea", 10, "20.00");
  const asked = [{ goods_id: tea.goods_id, goods_number: 2 }];
  const quote = expect(200, await buyer.POST("/v1/quotes", { body: { goods: asked } }));
  const goods = quote.goods.map(({ goods_id, goods_number, goods_price }) => ({ goods_id, goods_number, goods_price }));
  const body = { goods, shipping_fee: quote.shipping_fee, order_amount: quote.order_amount, ...TO_ME };
  const wrong = { ...body, order_amount: "1.00" };
  const refused = expectProblem(422, await buyer.POST("/v1/orders", { params: { header: keyed() }, body: wrong }));
  assert.deepEqual([refused.code, refused.errors?.[0]?.order_amount], ["order_amount_mismatch", "50.00"]);

  // The answer is lost, and the page sends the order again under its key.
  const header = keyed();
  const first = expect(201, await buyer.POST("/v1/orders", { params: { header }, body }));
  const again = expect(201, await buyer.POST("/v1/orders", { params: { header }, body }));
  assert.equal(again.order_id, first.order_id);
  const orders = expect(200, await buyer.GET("/v1/orders")).items;
  assert.deepEqual(orders.map((found) => found.order_id), [first.order_id]);
  const all = expect(200, await buyer.GET("/v1/orders", { params: { query: { include: "refused" } } })).items;
  assert.deepEqual(all.map((found) => found.refusal), [undefined, "order_amount_mismatch"]);
});

test("a customer who loses the page finds the payment, pays, and gets the money back", async () => {
  const administrator = await admin();
  const [, buyer] = await customer("lost-page");
  const lamp = await newGoods(administrator, "A lamp", 5, "100.00");
  const { order_id: orderId } = await ordered(buyer, lamp.goods_id, 2);
  expect(201, await startPayment(buyer, orderId));

  // All that is left is the order. Its list of payments has the checkout.
  const query = { order_id: orderId };
  const [found, ...others] = expect(200, await buyer.GET("/v1/payments", { params: { query } })).items;
  assert.ok(found && others.length === 0);
  const ofOrder = expect(200, await buyer.GET("/v1/orders/{id}/payments", { params: { path: { id: orderId } } }));
  assert.deepEqual(ofOrder.items, [found]);
  assert.equal(found.checkout?.kind, "redirect");
  const again = await startPayment(buyer, orderId);
  assert.equal(expect(200, again).pay_id, found.pay_id);

  await payAtSandbox(found.pay_id, 1);
  await eventually(() => payment(buyer, found.pay_id), (now) => now.status === "paid");
  await eventually(() => order(buyer, orderId), (now) => now.pay_status === "paid");

  const params = () => ({ path: { id: orderId }, header: keyed() });
  const body = { amount: "50.00", reason: "A scratch" };
  expect(202, await administrator.POST("/admin/orders/{id}/refund", { params: params(), body }));
  const part = await eventually(() => payment(buyer, found.pay_id), (now) => now.refunded_amount === "50.00");
  assert.deepEqual(part.refunds.map((refund) => [refund.amount, refund.status]), [["50.00", "done"]]);
  assert.equal((await order(buyer, orderId)).order_status, "confirmed");

  await eventually(() => order(buyer, orderId), (now) => now.refunds.every((refund) => refund.status === "done"));
  expect(202, await buyer.POST("/v1/orders/{id}/refund", { params: params(), body: {} }));
  await eventually(() => order(buyer, orderId), (now) => now.order_status === "refunded");
  const path = { id: orderId };
  const refunds = expect(200, await buyer.GET("/v1/orders/{id}/refunds", { params: { path } })).items;
  assert.deepEqual(refunds.map((refund) => [refund.amount, refund.status]), [["50.00", "done"], ["150.00", "done"]]);
  const events = expect(200, await buyer.GET("/v1/orders/{id}/events", { params: { path } })).items;
  const names = events.map((event) => event.what);
  const expected = ["ordered", "confirmed", "payment_started", "payment_paid", "paid", "refunded_part", "refunded"];
  for (const name of expected as Schema<"EventKind">[]) {
    assert.ok(names.includes(name), `${name} is not among ${names.join(", ")}`);
  }
});

test("a customer who changes their mind closes the payment and cancels the order", async () => {
  const administrator = await admin();
  const [user, buyer] = await customer("undecided");
  await giveMoney(administrator, user.user_id, "30.00");
  const lamp = await newGoods(administrator, "A lamp", 5, "100.00");
  const goods = [{ goods_id: lamp.goods_id, goods_number: 1 }];
  const placed = await buyer.POST("/v1/orders", {
    params: { header: keyed() },
    body: { goods, money_paid: "30.00", ...TO_ME },
  });
  const id = expect(201, placed).order_id;
  assert.equal((await me(buyer)).user_money, "0.00");
  const opened = expect(201, await startPayment(buyer, id));
  assert.equal((await order(buyer, id)).pay_status, "paying");
  const closing = { params: { path: { id: opened.pay_id } } };
  assert.equal(expect(200, await buyer.POST("/v1/payments/{id}/close", closing)).status, "closed");
  await eventually(() => order(buyer, id), (now) => now.pay_status === "unpaid");

  const cancelling = { params: { path: { id } } };
  assert.equal(expect(200, await buyer.POST("/v1/orders/{id}/cancel", cancelling)).order_status, "cancelled");
  await eventually(() => me(buyer), (now) => now.user_money === "30.00");
  const refused = expectProblem(409, await startPayment(buyer, id));
  assert.deepEqual([refused.code, refused.order_status], ["order_not_payable", "cancelled"]);
});

test("a customer sees nothing of another one", async () => {
  const [, buyer] = await customer("one");
  const [, other] = await customer("other");
  const lamp = await newGoods(await admin(), "A lamp", 5, "100.00");
  const { order_id: id } = await ordered(buyer, lamp.goods_id, 1);
  const params = { path: { id } };
  assert.equal(expectProblem(404, await other.GET("/v1/orders/{id}", { params })).code, "not_found");
  assert.equal(expectProblem(404, await startPayment(other, id)).errors?.[0]?.field, "order_id");
  assert.equal(expectProblem(403, await other.GET("/admin/orders/{id}", { params })).code, "forbidden");
});
