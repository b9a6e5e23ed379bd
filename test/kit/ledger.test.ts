// The search for secrets can fail: a leak that is planted is found.
import { expect, test } from "bun:test";
import { findLeaks } from "./ledger.ts";

const secrets = ["correct horse battery staple", 'quoted"password"here', "eyJhbGciOi.abc.def"];
const look = (told: string, open: string[] = []) => findLeaks({ told, secrets, open });

test("a secret is found in a line as it is, in JSON, in a URL; its own text is not repeated", () => {
  for (const line of [
    'log: {"message":"login with correct horse battery staple"}',
    `log: ${JSON.stringify({ pass: secrets[1] })}`,
    "answer: /validate/check?pass=correct%20horse%20battery%20staple",
    "audit: eyJhbGciOi.abc.def",
  ]) {
    const [leak = ""] = look(`log: nothing\n${line}\n`);
    expect(leak).toContain("[SECRET ");
    expect(secrets.some((secret) => leak.includes(secret))).toBe(false);
  }
});
test("what only begins alike, and what was sent in the open as well, is none", () => {
  expect(look("log: correct horse battery stables")).toEqual([]);
  expect(look("log: correct horse battery staple", secrets)).toEqual([]);
});
