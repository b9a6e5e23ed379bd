// POST /token/lost: a password for some days in the place of a lost token (K1-29, Z52, manual L18207-18239). One intent: the old
// token is off and the new one there, or neither.
import { randomInt } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { generatePassword, lostTokenClasses } from "../core/generate-password.ts";
import { MAX_SERIAL_LENGTH } from "../core/serial.ts";
import { formatValidity } from "../core/validity.ts";
import type { Store } from "../store/store.ts";
import { pw } from "../tokens/pw.ts";
import { selectOpenToken, touching, updateUnchanged } from "./token-change.ts";
import { limitStatements } from "./token-limit.ts";
import { copyOwnerStatements, copyRealmsStatement } from "./token-owner.ts";
import type { Which } from "./token-select.ts";
import { type Work, writeOrRefuse } from "./work.ts";

export interface LostTokenShape {
  /** characters of the password */
  length: number;
  /** As generatePassword reads it with lostTokenClasses. */
  contents: string;
  /** How long it is good. */
  days: number;
}

const DAY = 86_400_000;
/** Times one token can be lost, all its replacements kept. */
const MAX_LOST = 100;

/** Returns the answer of the contract (rest-api.md 2.3). Errors: 601, 1007, 2012 without an owner, 905 for contents that can not be made. */
export async function replaceLost(work: Work, which: Which & { serial: string }, shape: LostTokenShape) {
  const { store, vault, systemConfig, now } = work.engine;
  const lost = await selectOpenToken(work, which);
  if (!lost.owner) throw new ApiError("lost_without_owner");
  const password = generatePassword(shape.length, shape.contents, randomInt, lostTokenClasses);
  if (password === null) throw new ApiError("lost_contents");
  const end = now() + shape.days * DAY;
  const serial = await chooseSerial(store, lost.serial);
  const { columns } = await pw.enrol(
    { serial, otpKey: password, generate: false, extra: {}, labels: { user: "", realm: "", givenname: "", surname: "" } },
    { vault, config: systemConfig() },
  );
  work.audit.serial = `${lost.serial},${serial}`;
  const made = store.sql
    .insertInto("token")
    .values({
      type: pw.spec.kind,
      ...columns,
      serial,
      pin_hash: lost.pinHash,
      description: `replaces ${lost.serial}`,
      valid_until: end,
      max_fail: systemConfig().DefaultMaxFailCount,
      created_at: now(),
    } as never)
    .compile();
  // `lost` as it was read: the PIN that is copied is the one it has.
  const disabled = updateUnchanged(work, lost).set({ active: 0 }).compile();
  const statements = [
    { query: disabled, expect: 1 },
    { query: made, expect: 1 },
    ...copyOwnerStatements(store.sql, lost.id, serial),
    copyRealmsStatement(store.sql, lost.id, serial),
    ...(await limitStatements(work, serial)),
  ];
  await writeOrRefuse(work, statements, [...touching(lost), { serials: [serial] }]);
  return {
    serial,
    init: true as const,
    user: true as const,
    pin: true as const,
    // The contract's constant; the date is in end_date (rest-api.md 5, item 55).
    valid_to: "xxxx" as const,
    password,
    end_date: formatValidity(end),
    disable: lost.active ? 1 : 0,
  };
}

/** `lost<serial>`, then `lost<serial>-2` and so on: an earlier replacement is somebody's too. */
async function chooseSerial(store: Store, old: string): Promise<string> {
  for (let time = 1; time <= MAX_LOST; time++) {
    const tail = time === 1 ? "" : `-${time}`;
    const serial = `lost${old}`.slice(0, MAX_SERIAL_LENGTH - tail.length) + tail;
    if (!(await store.tokenBySerial(serial))) return serial;
  }
  throw new ApiError("serial_in_use");
}
