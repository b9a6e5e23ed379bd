// The token as a login needs it: which columns, and how a row becomes a TokenRecord.
import type { TokenRecord } from "./store.ts";

/** Selected from `token t LEFT JOIN token_owner o LEFT JOIN realm r`. */
export const recordColumns = `t.id, t.serial, t.type, t.version, t.active, t.revoked, t.locked, t.rollout_state, t.pin_hash,
  t.key_sealed, t.otp_length, t.algorithm, t.counter, t.count_window, t.sync_window, t.time_step, t.time_window, t.time_shift,
  t.fail_count, t.max_fail, t.failed_since, t.auth_count, t.auth_count_max, t.auth_success, t.auth_success_max, t.valid_from,
  t.valid_until, t.last_auth, t.resync_counter, t.resync_due, o.resolver, o.user_id, r.name AS realm`;

export interface RecordRow {
  id: number;
  serial: string;
  type: string;
  version: number;
  active: number;
  revoked: number;
  locked: number;
  rollout_state: string;
  pin_hash: string | null;
  key_sealed: Uint8Array | null;
  otp_length: number;
  algorithm: string;
  counter: number;
  count_window: number;
  sync_window: number;
  time_step: number;
  time_window: number;
  time_shift: number;
  fail_count: number;
  max_fail: number;
  failed_since: number | null;
  auth_count: number;
  auth_count_max: number | null;
  auth_success: number;
  auth_success_max: number | null;
  valid_from: number | null;
  valid_until: number | null;
  last_auth: number | null;
  resync_counter: number | null;
  resync_due: number | null;
  resolver: string | null;
  user_id: string | null;
  realm: string | null;
}

/** A new record from a row of `recordColumns`; an owner whose realm was deleted has realm "". */
export function toTokenRecord(row: RecordRow): TokenRecord {
  return {
    id: row.id,
    serial: row.serial,
    type: row.type,
    version: row.version,
    active: row.active === 1,
    revoked: row.revoked === 1,
    locked: row.locked === 1,
    rolloutState: row.rollout_state,
    pinHash: row.pin_hash,
    keySealed: row.key_sealed,
    otpLength: row.otp_length,
    algorithm: row.algorithm === "sha256" || row.algorithm === "sha512" ? row.algorithm : "sha1",
    counter: row.counter,
    countWindow: row.count_window,
    syncWindow: row.sync_window,
    timeStep: row.time_step,
    timeWindow: row.time_window,
    timeShift: row.time_shift,
    failCount: row.fail_count,
    maxFail: row.max_fail,
    failedSince: row.failed_since,
    authCount: row.auth_count,
    authCountMax: row.auth_count_max,
    authSuccess: row.auth_success,
    authSuccessMax: row.auth_success_max,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    lastAuth: row.last_auth,
    resyncCounter: row.resync_counter,
    resyncDue: row.resync_due,
    owner:
      row.resolver === null || row.user_id === null
        ? null
        : { resolver: row.resolver, userId: row.user_id, realm: row.realm ?? "" },
  };
}
