import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "../../test/kit/data-dir.ts";
import { nameCommandLine } from "./account.ts";

test("the audit trail names the account by its id; a variable does not change the name", () => {
  const passwd = join(makeDataDir(), "passwd");
  writeFileSync(passwd, "root:x:0:0::/root:/bin/sh\nann:x:1001:1001::/:\nodd\n:x:1002:0::/:\n");
  expect([0, 1001, 1002, 1003].map((uid) => nameCommandLine(uid, passwd))).toEqual([
    "command line (root)",
    "command line (ann)",
    "command line (uid 1002)",
    "command line (uid 1003)",
  ]);
  expect(nameCommandLine(7, "/nonexistent")).toBe("command line (uid 7)");
  const { USER } = process.env;
  try {
    process.env.USER = "mallory";
    expect(nameCommandLine()).not.toContain("mallory");
  } finally {
    if (USER === undefined) delete process.env.USER;
    else process.env.USER = USER;
  }
});
