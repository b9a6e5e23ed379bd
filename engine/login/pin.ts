// Step 6: which tokens does the PIN belong to (K1-07, K1-08)? A hash is computed in the vault's low-priority lane, once for
// each token whose PIN is not remembered.
import type { SystemConfig } from "@ostiary/shared/system-config.ts";
import { splitPin } from "../core/pin-split.ts";
import type { Soon, TokenRecord } from "../store/store.ts";
import type { Usable } from "./candidates.ts";
import { findUnfitness } from "./fitness.ts";
import type { Candidate, LoginEngine } from "./types.ts";

/** A candidate whose PIN has to be hashed. */
interface Open {
  candidate: Candidate;
  pin: string;
}

/** Splits `pass` for each token and compares the PIN. `otpOnly`: there is no PIN in it, and none is asked for. Waits for hashes only. */
export function matchPins(
  usable: Usable[],
  pass: string,
  otpOnly: boolean,
  config: SystemConfig,
  now: number,
  engine: LoginEngine,
): Soon<Candidate[]> {
  const candidates: Candidate[] = [];
  const open: Open[] = [];
  for (const { token, type } of usable) {
    const { pin, otp } = otpOnly ? { pin: "", otp: pass } : splitPin(pass, type.otpLength(token), config.PrependPin);
    const unfit = findUnfitness(token, config, now);
    const candidate: Candidate = { token, type, otp, pinMatched: false, hit: null, miss: null, unreadable: false, unfit };
    candidates.push(candidate);
    // Where all of `pass` is the PIN (spass) there is no value to check without it.
    const quick = otpOnly ? type.otpLength(token) > 0 : compareQuickly(token, pin, engine);
    if (quick === "hash") open.push({ candidate, pin });
    else candidate.pinMatched = quick;
  }
  return open.length === 0 ? candidates : compareHashes(open, engine).then(() => candidates);
}

/** One after the other: a login holds one place in the queue of the hashes, however many tokens it has. */
async function compareHashes(open: Open[], engine: LoginEngine): Promise<void> {
  const tick = performance.now();
  for (const { candidate, pin } of open) await compareHash(candidate, pin, engine);
  engine.pinCost.observe(performance.now() - tick);
}

/** A token without PIN takes the empty PIN only; a remembered PIN needs no hash. */
function compareQuickly(token: TokenRecord, pin: string, { pinMemory }: LoginEngine): boolean | "hash" {
  if (token.pinHash === null) return pin === "";
  return pinMemory.knows(token.id, token.pinHash, pin) || "hash";
}

async function compareHash(candidate: Candidate, pin: string, { vault, pinMemory }: LoginEngine): Promise<void> {
  const { id, pinHash } = candidate.token;
  if (pinHash === null) return;
  candidate.pinMatched = await pinMemory.check(id, pinHash, pin, () => vault.verifyPassword(pin, pinHash));
}

/** After an accepted login: a hash made at another cost is replaced, if nobody changed the PIN meanwhile. */
export async function raisePinHash(token: TokenRecord, pin: string, { vault, store }: LoginEngine): Promise<void> {
  if (token.pinHash === null || !vault.needsRehash(token.pinHash)) return;
  const query = store.sql
    .updateTable("token")
    .set({ pin_hash: await vault.hashPassword(pin) })
    .where("id", "=", token.id)
    .where("pin_hash", "=", token.pinHash)
    .compile();
  await store.commit({ kind: "write", statements: [{ query }], touches: [{ serials: [token.serial], ownersStay: true }] });
}
