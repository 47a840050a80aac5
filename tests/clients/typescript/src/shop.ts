// The generated client of one server, its callers, and the steps that several scripts share.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./api.js";

export type Caller = Client<paths>;
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

const PASSWORD = "a good password";
// The platform pays at once; a slow machine may take longer.
const PATIENCE_MS = 60_000;

function setting(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

const URL = setting("TRADEPOST_URL");

/** The body of an answer, which must have this status. */
export function expect<T>(status: number, answer: { data?: T; error?: unknown; response: Response }): T {
  assert.equal(answer.response.status, status, JSON.stringify(answer.error ?? answer.data));
  assert.ok(answer.data !== undefined, `${answer.response.url} has no body`);
  return answer.data;
}

/** The problem of an answer, which must have this status. */
export function expectProblem<T>(status: number, answer: { error?: T; response: Response }): T {
  assert.equal(answer.response.status, status, JSON.stringify(answer.error));
  assert.ok(answer.error !== undefined, `${answer.response.url} has no problem`);
  return answer.error;
}

/** The first value of `read` for which `isReached` holds. */
export async function eventually<T>(read: () => Promise<T>, isReached: (value: T) => boolean): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (isReached(value)) {
      return value;
    }
    assert.ok(Date.now() < end, `not reached: ${JSON.stringify(value)}`);
    await sleep(50);
  }
}

/** The header with an idempotency key; with a new one by default. */
export function keyed(key: string = randomUUID()): { "Idempotency-Key": string } {
  return { "Idempotency-Key": key };
}

export function guest(): Caller {
  return createClient<paths>({ baseUrl: URL });
}

/** A client with the token of a user. */
export async function caller(userName: string, userPassword: string): Promise<Caller> {
  const body = { user_name: userName, user_password: userPassword };
  const session = expect(201, await guest().POST("/v1/sessions", { body }));
  return createClient<paths>({ baseUrl: URL, headers: { Authorization: `Bearer ${session.access_token}` } });
}

export function admin(): Promise<Caller> {
  return caller("admin", setting("TRADEPOST_ADMIN_PASSWORD"));
}

/** A new customer: the user and a client with its token. */
export async function customer(userName: string): Promise<[Schema<"User">, Caller]> {
  const body = { user_name: userName, user_password: PASSWORD };
  const user = expect(201, await guest().POST("/v1/users", { body }));
  return [user, await caller(userName, PASSWORD)];
}

export async function giveMoney(administrator: Caller, userId: string, delta: string): Promise<void> {
  const params = { path: { id: userId }, header: keyed() };
  const body = { delta, reason: "An opening gift" };
  expect(200, await administrator.POST("/admin/users/{id}/balance", { params, body }));
}

export async function me(buyer: Caller): Promise<Schema<"User">> {
  return expect(200, await buyer.GET("/v1/users/me"));
}

export async function order(buyer: Caller, id: string): Promise<Schema<"Order">> {
  return expect(200, await buyer.GET("/v1/orders/{id}", { params: { path: { id } } }));
}

export async function payment(buyer: Caller, id: string): Promise<Schema<"Payment">> {
  return expect(200, await buyer.GET("/v1/payments/{id}", { params: { path: { id } } }));
}

/** A trade in the ledger of the sandbox, which has the id of its payment. */
export async function trade(payId: string): Promise<Schema<"Trade">> {
  const params = { path: { out_trade_no: payId } };
  return expect(200, await guest().GET("/sandbox/trades/{out_trade_no}", { params }));
}

/** Presses Pay at the sandbox, which sends so many copies of its callback. */
export async function payAtSandbox(payId: string, callbacks: number): Promise<void> {
  const params = { path: { out_trade_no: payId } };
  expect(200, await guest().POST("/sandbox/trades/{out_trade_no}/pay", { params, body: { callbacks } }));
}
