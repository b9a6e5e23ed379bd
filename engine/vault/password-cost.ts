// What a password hash costs to check, read from its text: to raise old hashes, and to refuse those that would stall the lane.
import { MAX_HASH_WORK_KIB } from "../core/hash-bound.ts";

/** Argon2id cost of new hashes; parallelism is always 1. */
export interface HashCost {
  memoryKib: number;
  iterations: number;
}

/** An argon2 hash in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`, salt and tag in base64 without padding. */
export interface Argon2Hash {
  kind: "argon2d" | "argon2i" | "argon2id";
  memoryKib: number;
  iterations: number;
  lanes: number;
  salt: string;
  tag: string;
}

const ARGON2 =
  /^\$(argon2(?:d|i|id))\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]{1,128})\$([A-Za-z0-9+/]{1,172})$/;

/** 2^15 rounds of bcrypt take about 2 s. */
const MAX_BCRYPT_COST = 15;

/** Reads an argon2 hash (RFC 9106 version 0x13); null: not one, or one whose cost is out of bounds. */
export function parseArgon2(hash: string): Argon2Hash | null {
  const found = ARGON2.exec(hash);
  if (found === null) return null;
  const [, kind, memory, time, parallel, salt = "", tag = ""] = found;
  const [memoryKib, iterations, lanes] = [Number(memory), Number(time), Number(parallel)];
  if (memoryKib * iterations > MAX_HASH_WORK_KIB || iterations < 1 || lanes > 255) return null;
  return { kind: kind as Argon2Hash["kind"], memoryKib, iterations, lanes, salt, tag };
}

/** Whether `hash` is bcrypt of a bearable cost. */
export function isBcrypt(hash: string): boolean {
  const found = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash);
  return found !== null && Number(found[1]) <= MAX_BCRYPT_COST;
}

/** Whether a hash should be made anew at the next login: not argon2id, or not of the configured cost. */
export function isOutdated(hash: string, cost: HashCost): boolean {
  const found = parseArgon2(hash);
  if (found === null || found.kind !== "argon2id") return true;
  return found.memoryKib !== cost.memoryKib || found.iterations !== cost.iterations || found.lanes !== 1;
}
