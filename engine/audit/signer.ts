// Puts the audit chain of this node under signature: every few seconds, if its head moved, it is signed
// (Ed25519, in the vault), once into a file outside the database and once into it (audit_batch). Who can write the
// database but has no key can neither change a signed row nor cut the end off past the newest line of that file.
//
//   idle ──tick──> head that moved ──sign──> line in the file (fsync) ──> audit_batch (commit) ──> idle
//                     └── vault locked, or anything fails: try again at the next tick
import { constants, type FileHandle, open } from "node:fs/promises";
import { type AuditStatement, encodeAuditStatement } from "../core/audit-chain.ts";
import type { Store } from "../store/store.ts";

/** A line of the checkpoint file; `hash` and `signature` in hex. */
export interface CheckpointLine extends Omit<AuditStatement, "hash"> {
  hash: string;
  signature: string;
}

export interface AuditSignerOptions {
  store: Store;
  /** Ed25519 over the bytes. */
  vaultSign: (message: Uint8Array) => Promise<Uint8Array>;
  /** false while the key ring is locked: nothing is signed then. */
  ready: () => boolean;
  /** Should lie outside the data directory, best on another machine's disk. Made with mode 0600 if it is missing. */
  checkpointFile: string;
  everySeconds: number;
  /** milliseconds since 1970 */
  now: () => number;
  /** Told of a round that failed; the next one tries again. */
  onError: (error: unknown) => void;
  /** Told of a round after which all is signed. */
  onSigned?: () => void;
}

export interface AuditSigner {
  /** Signs what moved, now. Rejects with what went wrong. */
  sign(): Promise<void>;
  /** Signs a last time and ends the timer; rejects like `sign`. */
  stop(): Promise<void>;
}

/** Signs every `everySeconds` seconds until stopped; the timer does not keep the process alive. */
export function startAuditSigner(options: AuditSignerOptions): AuditSigner {
  const { store, vaultSign, ready, now } = options;
  let round: Promise<void> = Promise.resolve();
  let signedTo: number | null = null;

  async function signMovedHead(): Promise<void> {
    if (!ready()) return;
    // As memory knows it: a head rewritten in the database behind the engine's back is not signed.
    const { chain, node, epoch, seq, hash } = store.auditHead();
    signedTo ??= await readSignedTo(store, chain);
    if (seq <= signedTo) return;
    const statement: AuditStatement = { node, epoch, chain, seq, hash, at: now() };
    const signature = await vaultSign(encodeAuditStatement(statement));
    const line: CheckpointLine = { ...statement, hash: toHex(hash), signature: toHex(signature) };
    // The outside first: what is signed in the database is in the file as well, and a file that refuses is tried again.
    await appendDurably(options.checkpointFile, `${JSON.stringify(line)}\n`);
    await storeBatch(store, statement, signature);
    signedTo = seq;
  }

  /** One round after the other, however many callers ask. */
  function sign(): Promise<void> {
    round = round.catch(() => {}).then(signMovedHead);
    return round;
  }

  const timer = setInterval(() => sign().then(options.onSigned, options.onError), options.everySeconds * 1000);
  timer.unref();

  return {
    sign,
    stop() {
      clearInterval(timer);
      return sign();
    },
  };
}

/** The last row of the chain that a signature covers; 0: none. */
async function readSignedTo(store: Store, chain: number): Promise<number> {
  const query = store.sql
    .selectFrom("audit_batch")
    .select((eb) => eb.fn.max("seq").as("seq"))
    .where("chain", "=", chain)
    .compile();
  return (await store.point(query))[0]?.seq ?? 0;
}

async function storeBatch(store: Store, { chain, seq, hash, at }: AuditStatement, signature: Uint8Array): Promise<void> {
  const query = store.sql
    .insertInto("audit_batch")
    .values({ chain, seq, hash, signed_at: at, signature })
    .onConflict((conflict) => conflict.doNothing())
    .compile();
  await store.commit({ kind: "write", statements: [{ query }], touches: [] });
}

async function appendDurably(path: string, text: string): Promise<void> {
  const { O_APPEND, O_CREAT, O_RDWR } = constants;
  const file = await open(path, O_APPEND | O_CREAT | O_RDWR, 0o600);
  try {
    await file.appendFile((await endsInsideLine(file)) ? `\n${text}` : text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A crash in the middle of a write leaves half a line; the next one must not be glued to it. */
async function endsInsideLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(new Uint8Array(1), 0, 1, size - 1);
  return buffer[0] !== 0x0a;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
