// A million tokens straight into the tables, their seeds sealed by the key ring of the data directory. What number n is follows from
// n alone, so that a measurement knows what it must find:
//   0 … log-in users - 1   an HOTP token without PIN for each of the first users of the default realm; seed: makeSeed(n)
//   the rest               TOTP, HOTP and a few simple-pass tokens of the other users, or of nobody
import type { Database } from "bun:sqlite";
import { keyContext } from "../engine/tokens/type.ts";
import type { KeyRing } from "../engine/vault/key-ring.ts";
import { sealValue } from "../engine/vault/values.ts";
import { makeSeed, nameUser } from "./otps.ts";
import { divideUsers, nameUserId } from "./seed-users.ts";

export interface SeededToken {
  serial: string;
  type: "hotp" | "totp" | "spass";
  /** Number of the user; null: nobody's. */
  owner: number | null;
  description: string;
  active: boolean;
  revoked: boolean;
  /** Its fail counter is full. */
  full: boolean;
  algorithm: "sha1" | "sha256";
  otpLength: 6 | 8;
  pinned: boolean;
  /** Nobody's, but in the realm of the store room. */
  stored: boolean;
}

const groupTokens = 20_000;

/** Users with one HOTP token each: all of the default realm, if there are tokens enough. */
export function countLoginUsers(tokens: number, users: number): number {
  return Math.min(tokens, divideUsers(users)[0]?.count ?? 0);
}

/** A multiplicative hash spreads what belongs together over the table. */
export function describeToken(n: number, tokens: number, users: number): SeededToken {
  const logins = countLoginUsers(tokens, users);
  const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  const share = (mixed >>> 8) % 1000;
  const isLogin = n < logins;
  const type = isLogin || share % 10 < 3 ? "hotp" : share % 10 < 9 ? "totp" : "spass";
  const prefix = { hotp: "OATH", totp: "TOTP", spass: "PISP" }[type];
  const owner = isLogin ? n : share < 700 && users > logins ? logins + (n % (users - logins)) : null;
  const plain = isLogin ? 1000 : share;
  return {
    serial: `${prefix}${mixed.toString(16).toUpperCase().padStart(8, "0")}`,
    type,
    owner,
    description: owner !== null && n % 5 === 0 ? `phone of ${nameUser(owner)}` : n % 7 === 0 ? `batch ${n % 1000}` : "",
    active: plain % 20 !== 7,
    revoked: plain % 50 === 13,
    full: plain % 40 === 11,
    algorithm: plain % 20 === 3 ? "sha256" : "sha1",
    otpLength: plain % 10 === 5 ? 8 : 6,
    pinned: !isLogin && plain % 3 === 0,
    stored: owner === null && share % 2 === 0,
  };
}

/** `pinHash`: of the PIN of all that have one; hashing each would take hours. */
export function fillTokens(
  db: Database,
  ring: KeyRing,
  { tokens, users, pinHash }: { tokens: number; users: number; pinHash: string },
  progress: (done: number) => void,
): void {
  const insert = db.prepare(`INSERT INTO token (id, serial, type, description, active, revoked, pin_hash, key_sealed, otp_length,
    algorithm, fail_count, failed_since, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const own = db.prepare("INSERT INTO token_owner (token_id, resolver, user_id, realm_id) VALUES (?, ?, ?, ?)");
  const place = db.prepare("INSERT INTO token_realm (token_id, realm_id) VALUES (?, ?)");
  const note = db.prepare("INSERT INTO token_info (token_id, key, value) VALUES (?, ?, ?)");
  const ids = new Map(
    db
      .query<{ id: number; name: string }, []>("SELECT id, name FROM realm")
      .all()
      .map(({ id, name }) => [name, id]),
  );
  const parts = divideUsers(users);
  const findRealm = (user: number) => parts.findLast(({ first, count }) => count > 0 && first <= user)?.realm ?? "";
  const now = Date.now();
  for (let from = 0; from < tokens; from += groupTokens) {
    const until = Math.min(from + groupTokens, tokens);
    db.transaction(() => {
      for (let n = from; n < until; n += 1) {
        const token = describeToken(n, tokens, users);
        const { serial, type, owner } = token;
        const sealed = type === "spass" ? null : sealValue(ring, makeSeed(n), keyContext(serial));
        const state = [token.active ? 1 : 0, token.revoked ? 1 : 0, token.pinned ? pinHash : null, sealed];
        const fails = token.full ? [10, now - n] : [0, null];
        insert.run(n + 1, serial, type, token.description, ...state, token.otpLength, token.algorithm, ...fails, now - n);
        if (owner !== null) {
          const realm = findRealm(owner);
          own.run(n + 1, realm, nameUserId(owner), ids.get(realm) ?? null);
          place.run(n + 1, ids.get(realm) ?? 0);
        } else if (token.stored) place.run(n + 1, ids.get("guests") ?? 0);
        if (type !== "spass") note.run(n + 1, "tokenkind", n % 4 === 0 ? "hardware" : "software");
        if (n % 10 === 0) note.run(n + 1, "import", `delivery ${n % 500}`);
      }
    })();
    progress(until);
  }
}
