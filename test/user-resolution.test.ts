// Which user a login and a realm mean: table F10 of config-and-tokens.md with F09, F11 and Z29, rest-api.md 1.7 and 5 item 66,
// clients-contract.md W22.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startApp, type TestApp } from "./kit/start-app.ts";
import { check, configure, enrol, passwdLine } from "./kit/tokens.ts";

const password = "kaffee mit milch";
const logins = ["user", "user@r1", "user@r2", "user@unknown", "mail@provider.com"];

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  const hash = Bun.password.hashSync(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
  // While the realms are made every login is taken as it stands.
  await configure(app, { splitAtSign: "False" });
  for (const realm of ["def", "r1", "r2"]) {
    await app.addRealm(
      realm,
      logins.map((login, i) => passwdLine(login, i + 1, hash)),
    );
    for (const [i, user] of logins.entries()) await enrol(app, { serial: `${realm}-${i}`, type: "spass", user, realm });
  }
});
afterAll(() => app.stop());

describe("F10 Z29 which user in which realm, by POST /validate/check", () => {
  // The rows of the table; "-" finds nobody.
  const rows: [login: string, realm: string | undefined, on: string, off: string][] = [
    ["user", undefined, "user @ def", "user @ def"],
    ["user", "r1", "user @ r1", "user @ r1"],
    ["user", "unknown", "-", "-"],
    ["user@r1", undefined, "user @ r1", "user@r1 @ def"],
    ["user@r1", "r1", "user @ r1", "user@r1 @ r1"],
    ["user@r1", "r2", "user @ r2", "user@r1 @ r2"],
    ["user@r2", "r1", "user @ r1", "user@r2 @ r1"],
    ["user@r1", "unknown", "-", "-"],
    ["user@unknown", undefined, "user@unknown @ def", "user@unknown @ def"],
    ["user@unknown", "r1", "user@unknown @ r1", "user@unknown @ r1"],
    ["user@unknown", "unknown", "-", "-"],
    // W22, F04, F11 and rest-api 5 item 66
    ["user", "", "user @ def", "user @ def"],
    ["user@R1", undefined, "user @ r1", "-"],
    ["user", "R1", "user @ r1", "user @ r1"],
    ["mail@provider.com", undefined, "mail@provider.com @ def", "mail@provider.com @ def"],
    ["mail@provider.com@r1", undefined, "mail@provider.com @ r1", "-"],
    ["r1\\user", undefined, "user @ r1", "-"],
    ["unknown\\user", undefined, "-", "-"],
    ["user@", undefined, "-", "-"],
    ["@r1", undefined, "-", "-"],
  ];
  for (const setting of ["True", "False"]) {
    describe(`G01 splitAtSign ${setting}`, () => {
      beforeAll(() => configure(app, { splitAtSign: setting }));
      for (const [login, where, on, off] of rows) {
        const expected = setting === "True" ? on : off;
        test(`F10 ${login} with realm ${where ?? "not given"}: ${expected}`, async () => {
          const { accepted, detail, answer } = await check(app, {
            user: login,
            pass: "",
            ...(where === undefined ? {} : { realm: where }),
          });
          if (expected === "-") return expect(answer.error?.code).toBe(904);
          const [name, realmName] = expected.split(" @ ");
          expect([accepted, detail?.serial]).toEqual([true, `${realmName}-${logins.indexOf(name ?? "")}`]);
        });
      }
    });
  }
});

describe("F09 F10 by POST /auth", () => {
  beforeAll(() => configure(app, { splitAtSign: "True" }));
  for (const [params, found] of [
    [{ username: "user" }, "user def"],
    [{ username: "user", realm: "r2" }, "user r2"],
    [{ username: "user@r2" }, "user r2"],
    [{ username: "user@r1", realm: "r2" }, "user r2"],
    [{ username: "r2\\user" }, "user r2"],
    [{ username: "user@r2", realm: "" }, "user r2"],
    [{ username: "user", realm: "moon" }, 4031],
    [{ username: "user@moon" }, 4031],
  ] as const) {
    test(JSON.stringify(params), async () => {
      const { value, error } = await app.api<{ username: string; realm: string; role: string }>(
        "POST",
        "/auth",
        { ...params, password },
        { token: "" },
      );
      expect(error?.code ?? `${value?.username} ${value?.realm}`).toBe(found);
    });
  }
});
