import { describe, expect, test } from "bun:test";
import { splitUser } from "./split-user.ts";

const realms = new Set(["r1", "r2", "def"]);
const split = (login: string, realm: string | undefined, splitAtSign: boolean) =>
  splitUser({ login, realm, splitAtSign, realms, defaultRealm: "def" });

describe("F10", () => {
  const nobody = { unknownRealm: "nowhere" };
  const at = (login: string, realm: string) => ({ login, realm });
  test.each([
    ["user", undefined, at("user", "def"), at("user", "def")],
    ["user", "r1", at("user", "r1"), at("user", "r1")],
    ["user", "nowhere", nobody, nobody],
    ["user@r1", undefined, at("user", "r1"), at("user@r1", "def")],
    ["user@r1", "r1", at("user", "r1"), at("user@r1", "r1")],
    ["user@r1", "r2", at("user", "r2"), at("user@r1", "r2")],
    ["user@r2", "r1", at("user", "r1"), at("user@r2", "r1")],
    ["user@r1", "nowhere", nobody, nobody],
    ["user@unknown", undefined, at("user@unknown", "def"), at("user@unknown", "def")],
    ["user@unknown", "r1", at("user@unknown", "r1"), at("user@unknown", "r1")],
    ["user@unknown", "nowhere", nobody, nobody],
  ])("F10 login %s, realm %s", (login, realm, on, off) => {
    expect(split(login, realm, true)).toEqual(on);
    expect(split(login, realm, false)).toEqual(off);
  });
});

describe("F11", () => {
  test.each([
    ["the last @ splits", "mail@provider.com@r1", true, { login: "mail@provider.com", realm: "r1" }],
    ["an address in no realm stays whole (item 66)", "mail@provider.com", true, { login: "mail@provider.com", realm: "def" }],
    ["prefix form", "r1\\user", true, { login: "user", realm: "r1" }],
    ["prefix form, splitting off", "r1\\user", false, { login: "r1\\user", realm: "def" }],
    ["prefix of no realm", "CORP\\user", true, { login: "CORP\\user", realm: "def" }],
    ["suffix beats prefix", "r1\\user@r2", true, { login: "r1\\user", realm: "r2" }],
    ["prefix with an address", "r1\\user@host", true, { login: "user@host", realm: "r1" }],
    ["realm names ignore case", "user@R1", true, { login: "user", realm: "r1" }],
    ["the login keeps its case", "USER@r1", true, { login: "USER", realm: "r1" }],
  ] as const)("F11 %s", (_, login, on, expected) => {
    expect(split(login, undefined, on)).toEqual(expected);
  });
});

describe("realm parameter", () => {
  test("W22 an empty realm is the default realm, or the one in the login", () => {
    expect(split("user", "", true)).toEqual({ login: "user", realm: "def" });
    expect(split("user@r1", "", true)).toEqual({ login: "user", realm: "r1" });
  });
  test("ignores case; an unknown one is given back as sent", () => {
    expect(split("user", "R2", true)).toEqual({ login: "user", realm: "r2" });
    expect(split("user", "NoWhere", true)).toEqual({ unknownRealm: "NoWhere" });
  });
  test("no realm and no default realm: nobody, but a split realm still counts", () => {
    const bare = { realm: null, splitAtSign: true, realms, defaultRealm: null };
    expect(splitUser({ ...bare, login: "user" })).toBeNull();
    expect(splitUser({ ...bare, login: "user@r1" })).toEqual({ login: "user", realm: "r1" });
  });
});
