// A user who gives himself tokens without end makes every log-in of his cost as many password hashes, and the refusals of all
// others wait as long (rest-api.md 6.2, check_max_token_user).
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { enrol, passwdLine } from "./kit/tokens.ts";

const PASSWORD = "wonderland";
const HASH = Bun.password.hashSync(PASSWORD, { algorithm: "bcrypt", cost: 4 });
const MOST = 30;
let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp();
  await app.addRealm("home", [passwdLine("mallory", 1000, HASH), passwdLine("alice", 1001, HASH)]);
  token = (await app.api<{ token: string }>("POST", "/auth", { username: "mallory", password: PASSWORD })).value?.token ?? "";
});
afterAll(() => app.stop());

const countOf = async (user: string) => (await app.api<{ count: number }>("GET", "/token/", { user })).value?.count;
const codeOf = async (path: string, params: Record<string, string>, as = token) =>
  (await app.api("POST", path, params, { token: as })).error?.code;

test("POST /token/init: 50 at once give no more than the limit, then 303 in the words of the contract", async () => {
  await Promise.all(Array.from({ length: 50 }, () => codeOf("/token/init", { type: "spass" })));
  while ((await countOf("mallory")) !== MOST) expect(await codeOf("/token/init", { type: "spass", pin: "x" })).toBeUndefined();
  const { status, error } = await app.api("POST", "/token/init", { type: "spass" }, { token });
  expect([status, error?.code, error?.message]).toEqual([403, 303, "The number of tokens for this user is limited!"]);
});

test("POST /token/assign and POST /token/lost are no ways around it", async () => {
  const free = await enrol(app);
  expect(await codeOf("/token/assign", { serial: free.serial })).toBe(303);
  const own = (await app.api<{ tokens: { serial: string }[] }>("GET", "/token/", {}, { token })).value?.tokens[0]?.serial ?? "";
  expect(await codeOf(`/token/lost/${own}`, {})).toBe(303);
  expect(await countOf("mallory")).toBe(MOST);
});

test("what he has he may change, and delete for another; administrators and other users are not limited", async () => {
  const own = (await app.api<{ tokens: { serial: string }[] }>("GET", "/token/", {}, { token })).value?.tokens[0]?.serial ?? "";
  expect(await codeOf("/token/init", { type: "spass", serial: own })).toBeUndefined();
  expect((await app.api("DELETE", `/token/${own}`, {}, { token })).value).toBe(1);
  expect(await codeOf("/token/init", { type: "spass" })).toBeUndefined();
  expect(await codeOf("/token/init", { type: "spass", user: "mallory" }, app.adminToken)).toBeUndefined();
  expect(await codeOf("/token/init", { type: "spass", user: "alice" }, app.adminToken)).toBeUndefined();
  expect(await countOf("mallory")).toBe(MOST + 1);
});
