// Lists as CSV, for a spreadsheet.

import assert from "node:assert/strict";
import { test } from "node:test";

import { admin, expect, keyed } from "./shop.js";

test("a list of goods is a CSV file whose pages follow each other", async () => {
  const administrator = await admin();
  for (const name of ["A first, small lamp", "A second lamp"]) {
    const body = { goods_name: name, goods_number: 5, goods_price: "12.50" };
    expect(201, await administrator.POST("/admin/goods", { params: { header: keyed() }, body }));
  }
  const query = { format: "csv", limit: 1 } as const;
  const answer = await administrator.GET("/admin/goods", { params: { query }, parseAs: "text" });
  const text = String(expect<unknown>(200, answer));
  assert.match(answer.response.headers.get("content-type") ?? "", /^text\/csv/);
  const [header = "", row = "", rest] = text.split("\r\n");
  const columns = header.split(",");
  assert.ok(columns.includes("goods_name") && columns.includes("goods_price"), header);
  assert.match(row, /A second lamp/);
  assert.equal(rest, "");
  const next = /<([^>]+)>; rel="next"/.exec(answer.response.headers.get("link") ?? "");
  assert.ok(next, "there is a next page");
  const cursor = new URL(next[1] ?? "", "http://localhost").searchParams.get("cursor") ?? "";
  const second = await administrator.GET("/admin/goods", {
    params: { query: { ...query, cursor } },
    parseAs: "text",
  });
  assert.match(String(expect<unknown>(200, second)), /"A first, small lamp"/);
});
