// Attributes of a token that can be set after enrolment (rest-api.md 2.3, POST /token/set and /token/info): what they may be.
import { choice, integer, text } from "./params.ts";

const moment = "YYYY-MM-DDThh:mm+oooo, or DD/MM/YY hh:mm in UTC";

/** What POST /token/set takes. An empty text takes a limit away, and so does 0 for the two counts (K1-11). */
export const settableAttributes = {
  description: text("free text", { maxLength: 80 }),
  count_window: integer("hotp: values searched at a log-in", { minimum: 1, maximum: 1000 }),
  sync_window: integer("values searched by a resync", { minimum: 1, maximum: 40_000 }),
  hashlib: choice("hotp and totp: hash function", ["sha1", "sha256", "sha512"]),
  max_failcount: integer("failed attempts after which the token is locked", { minimum: 1, maximum: 100_000 }),
  count_auth_max: integer("log-ins with the right PIN the token is good for; 0: any number", { maximum: 1_000_000_000 }),
  count_auth_success_max: integer("successful log-ins the token is good for; 0: any number", { maximum: 1_000_000_000 }),
  validity_period_start: text(`first moment of use, ${moment}`, { maxLength: 40 }),
  validity_period_end: text(`last moment of use, ${moment}`, { maxLength: 40 }),
};

/**
 * Token information with a meaning: it lives in columns, and is written, deleted and searched there. Those below `hotp and totp` are
 * plain information of tokens that have no such thing.
 */
export const columnInfo = {
  count_auth: integer("log-ins with the right PIN so far", { maximum: 1_000_000_000 }),
  count_auth_success: integer("successful log-ins so far", { maximum: 1_000_000_000 }),
  count_auth_max: settableAttributes.count_auth_max,
  count_auth_success_max: settableAttributes.count_auth_success_max,
  validity_period_start: settableAttributes.validity_period_start,
  validity_period_end: settableAttributes.validity_period_end,
  last_auth: text("moment of the last log-in, ISO 8601", { maxLength: 40 }),
  // hotp and totp
  hashlib: settableAttributes.hashlib,
  timeStep: integer("totp: seconds a value is shown", { minimum: 1, maximum: 86_400 }),
  timeWindow: integer("totp: seconds the clocks may differ, each way", { minimum: 0, maximum: 604_800 }),
  timeShift: integer("totp: seconds the token's clock is ahead", { minimum: -604_800, maximum: 604_800 }),
};

export type SettableAttribute = keyof typeof settableAttributes;
export type ColumnInfo = keyof typeof columnInfo;
export type TokenAttribute = SettableAttribute | ColumnInfo;
