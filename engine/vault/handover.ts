// How an unlocked key ring reaches a worker that starts later. The keeper (keeper.ts) and the workers talk over a
// BroadcastChannel with a random name; the event loop takes no part. The ring is encrypted for the one worker that asked
// (ephemeral X25519, HKDF-SHA256 as in RFC 5869, AES-256-GCM), so nobody else who listens in this process reads it.
//
//   worker ── {ask: id, publicKey} ──▶ keeper         locked:  {to: id, locked: true}
//   worker ◀─ {to: id, publicKey, nonce, data} ── keeper
//
// On the same channel a worker whose security module fails asks for it to be mended (device-login.ts): {mend: id} ─▶ {to: id, mended}
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { BroadcastChannel } from "node:worker_threads";

interface Ask {
  ask: string;
  publicKey: Uint8Array;
}

type Sealed = { publicKey: Uint8Array; nonce: Uint8Array; data: Uint8Array };
type Reply = { to: string; locked: true } | ({ to: string; outdated: boolean } & Sealed);

/** The text of an open ring; `outdated`: the file is newer, and the keeper can not open it. */
export interface HandedRing {
  text: string;
  outdated: boolean;
}

/**
 * Answers every worker that asks on `channelName`, until closed. `readRing` gives the text of the open ring, null while locked;
 * `mend` tries to get the security module back.
 */
export function serveRing(
  channelName: string,
  readRing: () => HandedRing | null,
  mend: () => Promise<boolean> = async () => false,
): { close(): void } {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = async (event: unknown) => {
    const request = (event as { data: Partial<Ask & { mend: string }> }).data;
    if (request.mend !== undefined) {
      channel.postMessage({ to: request.mend, mended: await mend() });
      return;
    }
    if (request.ask === undefined || request.publicKey === undefined) return; // another keeper's reply
    const ring = readRing();
    const to = request.ask;
    channel.postMessage(ring ? { to, outdated: ring.outdated, ...wrapRing(request as Ask, ring.text) } : { to, locked: true });
  };
  return channel;
}

/** Asks the keeper for the ring. Null: it is locked, or no keeper answered within `patience` milliseconds. */
export function fetchRing(channelName: string, patience: number): Promise<HandedRing | null> {
  const pair = generateKeyPairSync("x25519");
  const ask = randomBytes(16).toString("hex");
  const channel = new BroadcastChannel(channelName);
  return new Promise((resolve) => {
    const finish = (ring: HandedRing | null) => {
      clearTimeout(timer);
      channel.close();
      resolve(ring);
    };
    const timer = setTimeout(() => finish(null), patience);
    channel.onmessage = (event: unknown) => {
      const reply = (event as { data: Partial<Ask> & Reply }).data;
      if (reply.to !== ask) return;
      const text = "locked" in reply ? null : unwrapRing(pair.privateKey, reply);
      finish(text === null || "locked" in reply ? null : { text, outdated: reply.outdated });
    };
    channel.postMessage({ ask, publicKey: exportKey(pair.publicKey) } satisfies Ask);
  });
}

/** Asks the keeper to get the security module back. False: it can not, or did not answer within `patience` milliseconds. */
export function askToMend(channelName: string, patience: number): Promise<boolean> {
  const id = randomBytes(16).toString("hex");
  const channel = new BroadcastChannel(channelName);
  return new Promise((resolve) => {
    const finish = (mended: boolean) => {
      clearTimeout(timer);
      channel.close();
      resolve(mended);
    };
    const timer = setTimeout(() => finish(false), patience);
    channel.onmessage = (event: unknown) => {
      const reply = (event as { data: { to?: string; mended?: boolean } }).data;
      if (reply.to === id && reply.mended !== undefined) finish(reply.mended);
    };
    channel.postMessage({ mend: id });
  });
}

function wrapRing(request: Ask, text: string): Sealed {
  const pair = generateKeyPairSync("x25519");
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", agreeKey(pair.privateKey, request.publicKey), nonce);
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return { publicKey: exportKey(pair.publicKey), nonce, data };
}

function unwrapRing(own: KeyObject, reply: Sealed): string | null {
  try {
    const decipher = createDecipheriv("aes-256-gcm", agreeKey(own, reply.publicKey), reply.nonce, { authTagLength: 16 });
    decipher.setAuthTag(reply.data.subarray(-16));
    return Buffer.concat([decipher.update(reply.data.subarray(0, -16)), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}

function agreeKey(own: KeyObject, other: Uint8Array): Uint8Array {
  const publicKey = createPublicKey({ key: Buffer.from(other), format: "der", type: "spki" });
  const shared = diffieHellman({ privateKey: own, publicKey });
  return new Uint8Array(hkdfSync("sha256", shared, new Uint8Array(), "ostiary ring handover", 32));
}

function exportKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: "spki", format: "der" }));
}
