import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  type AuditEntry,
  auditTextLimit,
  deriveChainOrigin,
  encodeAuditStatement,
  linkAuditRow,
  normaliseAuditEntry,
} from "./audit-chain.ts";

const entry: AuditEntry = {
  startedAt: 1_700_000_000_000,
  duration: 420,
  action: "POST /validate/check",
  success: true,
  serial: "TOTP0001",
  tokenType: "totp",
  user: "alice",
  realm: "home",
  resolver: "local",
  administrator: null,
  actionDetail: null,
  info: "",
  client: "192.0.2.1",
  policies: null,
};
const zero = new Uint8Array(32);

describe("linkAuditRow", () => {
  test("is SHA-256 over the hash before and the JSON array of the columns", () => {
    const text =
      '[7,1700000000000,420,"POST /validate/check",1,"TOTP0001","totp","alice","home","local",null,null,"","192.0.2.1",null]';
    const expected = createHash("sha256").update(zero).update(text).digest("hex");
    expect(Buffer.from(linkAuditRow(zero, 7, entry)).toString("hex")).toBe(expected);
  });

  test("every column, the position and the hash before count", () => {
    const changes: Partial<AuditEntry>[] = Object.keys(entry).map((column) => {
      const value = entry[column as keyof AuditEntry];
      if (typeof value === "number") return { [column]: value + 1 };
      if (typeof value === "boolean") return { [column]: !value };
      return { [column]: value === null ? "" : null };
    });
    const hashes = [
      linkAuditRow(zero, 7, entry),
      linkAuditRow(zero, 8, entry),
      linkAuditRow(new Uint8Array(32).fill(1), 7, entry),
      ...changes.map((change) => linkAuditRow(zero, 7, { ...entry, ...change })),
    ];
    expect(new Set(hashes.map((hash) => Buffer.from(hash).toString("hex"))).size).toBe(hashes.length);
  });

  test("text cannot be moved from one column to the next", () => {
    const one = linkAuditRow(zero, 1, { ...entry, user: 'a","b', realm: "c" });
    const other = linkAuditRow(zero, 1, { ...entry, user: "a", realm: 'b","c' });
    expect(one).not.toEqual(other);
  });

  test("the longest row fits the buffer: its last unit counts", () => {
    const dearest = "\u0001".repeat(auditTextLimit);
    const texts = Object.fromEntries(
      Object.entries(entry).map(([column, value]) => [column, typeof value === "string" || value === null ? dearest : value]),
    ) as unknown as AuditEntry;
    const changed = { ...texts, policies: `${dearest.slice(1)}\u0002` };
    expect(linkAuditRow(zero, 1, texts)).not.toEqual(linkAuditRow(zero, 1, changed));
  });
});

describe("normaliseAuditEntry", () => {
  test("AU-08 cuts long texts, also where the cut parts a surrogate pair", () => {
    const long = normaliseAuditEntry({ ...entry, user: `${"x".repeat(auditTextLimit - 1)}😀`, info: "\ud800" });
    expect(long.user).toBe(`${"x".repeat(auditTextLimit - 1)}\ufffd`);
    expect(long.info).toBe("\ufffd");
  });

  test("whole numbers, or a TypeError", () => {
    expect(normaliseAuditEntry({ ...entry, duration: 1.6 }).duration).toBe(2);
    expect(() => normaliseAuditEntry({ ...entry, duration: Number.NaN })).toThrow(TypeError);
    expect(() => normaliseAuditEntry({ ...entry, startedAt: Number.POSITIVE_INFINITY })).toThrow(TypeError);
  });
});

test("origins differ by node, epoch, time and nonce", () => {
  const nonce = new Uint8Array(16);
  const origins = [
    deriveChainOrigin("a", 1, 1, nonce),
    deriveChainOrigin("b", 1, 1, nonce),
    deriveChainOrigin("a", 2, 1, nonce),
    deriveChainOrigin("a", 1, 2, nonce),
    deriveChainOrigin("a", 1, 1, new Uint8Array(16).fill(1)),
  ].map((origin) => Buffer.from(origin).toString("hex"));
  expect(new Set(origins).size).toBe(5);
});

test("a signed statement names its purpose and every part", () => {
  const message = encodeAuditStatement({ node: "n", epoch: 1, chain: 2, seq: 3, hash: new Uint8Array([0xab]), at: 4 });
  expect(new TextDecoder().decode(message)).toBe('["ostiary audit head 1","n",1,2,3,"ab",4]');
});
