import { afterEach, beforeEach, expect, test } from "bun:test";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { encodeAuditStatement } from "../core/audit-chain.ts";
import { makeAuditEntry, openScratchStore, type ScratchStore } from "../store/scratch-store.ts";
import { openStore } from "../store/sqlite-store.ts";
import { type AuditSigner, type CheckpointLine, startAuditSigner } from "./signer.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
let scratch: ScratchStore;
let file: string;
let ready: boolean;
let signer: AuditSigner;
beforeEach(() => {
  scratch = openScratchStore();
  file = join(scratch.directory, "checkpoints.jsonl");
  ready = true;
  signer = startAuditSigner({
    store: scratch.store,
    vaultSign: async (message) => new Uint8Array(sign(null, message, privateKey)),
    ready: () => ready,
    checkpointFile: file,
    everySeconds: 3600,
    now: () => 77,
    onError: () => {},
  });
});
afterEach(async () => {
  await signer.stop().catch(() => {});
  await scratch.dispose();
});

async function append(): Promise<void> {
  await scratch.store.commit({ kind: "login", effects: [], audit: makeAuditEntry() });
}

function readLines(): CheckpointLine[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as CheckpointLine);
}

function countBatches(): unknown {
  return scratch.db.query("SELECT seq, signed_at FROM audit_batch ORDER BY chain, seq").all();
}

test("AU-16 signs the head in the database and outside, once, in a file for the owner only", async () => {
  await append();
  await append();
  await signer.sign();
  await signer.sign();
  const lines = readLines();
  expect(lines).toHaveLength(1);
  const head = scratch.store.auditHead();
  expect(lines[0]).toMatchObject({
    node: "test",
    epoch: 1,
    chain: 1,
    seq: 2,
    hash: Buffer.from(head.hash).toString("hex"),
    at: 77,
  });
  const message = encodeAuditStatement({ ...head, at: 77 });
  expect(verify(null, message, publicKey, Buffer.from(lines[0]?.signature ?? "", "hex"))).toBe(true);
  expect(countBatches()).toEqual([{ seq: 2, signed_at: 77 }]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("nothing is signed while the key ring is locked or when nothing happened", async () => {
  await signer.sign();
  ready = false;
  await append();
  await signer.sign();
  expect(countBatches()).toEqual([]);
  ready = true;
  await signer.stop();
  expect(countBatches()).toEqual([{ seq: 1, signed_at: 77 }]);
});

test("rows of another node's chain are not signed: anybody who can write the database could put them there", async () => {
  const command = openStore({ path: scratch.path, node: "cli", exclusive: false, now: () => 1 });
  await command.commit({ kind: "login", effects: [], audit: makeAuditEntry() });
  await command.close();
  await signer.sign();
  expect(countBatches()).toEqual([]);
});

test("a line that could not be written is written in the next round", async () => {
  mkdirSync(file);
  await append();
  const failed = await signer.sign().catch((error: Error) => error.message);
  expect(failed).toContain("EISDIR");
  rmdirSync(file);
  await signer.sign();
  expect(readLines().map(({ seq }) => seq)).toEqual([1]);
});

test("a half line left by a crash is not continued", async () => {
  appendFileSync(file, '{"node":"te');
  await append();
  await signer.sign();
  expect(JSON.parse(readFileSync(file, "utf8").split("\n")[1] ?? "")).toMatchObject({ seq: 1 });
});
