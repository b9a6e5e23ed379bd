// The one error table: symbol, number on the wire, HTTP status, safe text, log level (rest-api.md 1.3 and 1.4).
// Texts hold `{names}` that the thrower fills with words of ours or of the contract, never with secrets. A text of its own is an
// entry of its own here, with its German in messages/de.ts; what varies inside a text is a word or a phrase (messages/phrases.ts).
import { fill, phrases, type Words } from "./messages/phrases.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";

export interface ErrorSpec {
  /** `result.error.code` */
  code: number;
  /** HTTP status */
  status: number;
  text: string;
  level: LogLevel;
}

const define = (code: number, status: number, text: string, level: LogLevel = "info"): ErrorSpec => ({
  code,
  status,
  text,
  level,
});

export const errorTable = {
  // 401: who are you? Bare texts (rest-api.md 5, item 6).
  wrong_credentials: define(4031, 401, "Authentication failure. Wrong credentials"),
  unknown_auth_realm: define(4031, 401, "Authentication failure. Unknown realm: {realm}."),
  missing_username: define(4032, 401, "Authentication failure. Missing Username"),
  missing_authorization: define(4033, 401, "Authentication failure. Missing Authorization header."),
  jwt_unreadable: define(4304, 401, "Authentication failure. Error during decoding your token."),
  may_not_impersonate: define(403, 401, "Authentication failure. The key of this token is not allowed to impersonate this user."),
  jwt_expired: define(4305, 401, "Authentication failure. Your token has expired."),
  role_required: define(
    4306,
    401,
    "Authentication failure. You do not have the necessary role ({roles}) to access this resource!",
  ),

  // 403 and 404: bare texts.
  right_missing: define(303, 403, "{scope} actions are defined, but the action {action} is not allowed!"),
  forbidden_address: define(303, 403, "This address may not read this page. The setting {setting} lists the addresses that may."),
  api_key_missing: define(303, 403, "No valid API key was passed."),
  log_in_required: define(
    303,
    403,
    "Only somebody who logged in can do this, with a session and not with an API key or the token of another application.",
  ),
  too_many_tokens: define(303, 403, "The number of tokens for this user is limited!"),
  token_not_found: define(601, 404, "The requested token could not be found."),
  not_found: define(601, 404, "The requested {what} could not be found."),
  unknown_path: define(601, 404, "There is nothing at this address."),
  method_not_allowed: define(905, 405, "This address does not know the method; it knows {allowed}."),

  // 400: something in the request. `ERR<code>: ` stands before these texts on the wire.
  // `{text}` is English for everybody: each text that can be known beforehand has its own entry.
  token_admin: define(301, 400, "{text}"),
  serial_in_use: define(301, 400, "The serial number is in use."),
  serial_made_meanwhile: define(301, 400, "A token with this serial number was created at the same moment."),
  token_type_fixed: define(
    301,
    400,
    "The serial number belongs to a token of another type, and a token can not change its type.",
  ),
  copy_without_owner: define(301, 400, "The token to copy from has no owner."),
  random_pin_without_policy: define(
    301,
    400,
    "No policy says what a random PIN looks like. An enrollment policy with otp_pin_set_random sets its length.",
  ),
  group_name: define(301, 400, "The name of a token group is made of letters, digits, '_', '-' and '.'."),
  config_admin: define(302, 400, "{text}"),
  resolver_type_fixed: define(302, 400, "The type of a resolver can not change."),
  resolver_in_realm: define(302, 400, "The resolver is still part of a realm. Take it out of the realm first."),
  default_unknown: define(77, 400, "There is no default setting of this name. Known are: {known}."),
  genkey_and_otpkey: define(344, 400, "Either genkey or otpkey may be given, not both."),
  user_not_found: define(904, 400, "The user can not be found in any resolver in this realm!"),
  missing_parameter: define(905, 400, "Missing parameter: '{name}'"),
  empty_parameter: define(905, 400, "Parameter '{name}' must not be empty"),
  bad_parameter: define(905, 400, "Parameter '{name}' must be {wanted}."),
  parameter: define(905, 400, "{text}"),
  user_or_serial_missing: define(905, 400, "You either need to provide user or serial"),
  serial_or_user_missing: define(905, 400, "You need to specify a serial or a user."),
  invalid_serial: define(905, 400, "Invalid serial number."),
  invalid_user: define(905, 400, "Invalid user."),
  serial_of_other_user: define(905, 400, "Given serial does not belong to given user!"),
  changed_meanwhile: define(905, 400, "Somebody changed this at the same moment. Please look and try again."),
  admin_name: define(
    905,
    400,
    "The name of an administrator has 1 to 120 characters, none of them a control character, and no blanks around it.",
  ),
  admin_password_short: define(905, 400, "A password has at least {minimum} characters."),
  admin_password_long: define(905, 400, "A password has at most {maximum} characters."),
  admin_is_oneself: define(905, 400, "This is your own account. Send myself=1 as well if you mean it."),
  admin_is_last: define(905, 400, "This is the only administrator. Create another one first."),
  user_or_administrator: define(905, 400, "Give either a user or an administrator."),
  api_keys_full: define(905, 400, "There are {maximum} API keys; no more can be made."),
  realm_name: define(905, 400, "The name of a realm is made of letters, digits, '_', '-' and '.'."),
  resolver_name: define(905, 400, "The name of a resolver is made of letters, digits, '_', '-' and '.'."),
  setting_missing: define(905, 400, "Give at least one setting as name=value."),
  setting_too_long: define(905, 400, "A setting has at most {name} characters in its name and {value} in its value."),
  setting_nul: define(905, 400, "A setting is text without NUL."),
  no_secret_stored: define(905, 400, "{censored} stands for a stored secret, and there is none of this name."),
  secret_stays_secret: define(905, 400, "A stored secret stays one. Give a new value together with the new type."),
  info_type_unknown: define(905, 400, "The type of a piece of token information is 'password' or nothing."),
  too_many_users: define(905, 400, "More than {maximum} users fit this name. Give more of it, or a realm."),
  search_too_long: define(
    905,
    400,
    "{count} tokens would have to be searched, too many to wait for. Narrow the search by type, assigned, unassigned or serial, or start it " +
      "with background=1 and follow it under /job/.",
  ),
  info_too_many: define(905, 400, "Token information: at most {maximum} keys."),
  info_too_long: define(
    905,
    400,
    "Token information: a key has at most {key}, a value at most {value} characters, none of them NUL.",
  ),
  random_pin_contents: define(905, 400, "The contents that the policy wants of a PIN can not be made."),
  lost_contents: define(905, 400, "The contents that the policy wants of a password for a lost token can not be made."),
  host_twice: define(905, 400, "The request names two hosts. Send one Host header."),
  body_unreadable: define(905, 400, "The request body can not be read: {reason}."),
  token_locked: define(1007, 400, "The token is revoked and can not be used."),
  copy_source: define(1016, 400, "There is no token with the serial number to copy from."),
  copy_target: define(1017, 400, "There is no token with the serial number to copy to."),
  already_assigned: define(1103, 400, "Token already assigned to another user."),
  several_tokens_match: define(1200, 400, "Several tokens show this one-time password. Narrow the search."),
  token_type_unknown: define(1610, 400, "Unknown token type. Known are: {known}."),
  lost_without_owner: define(2012, 400, "Only a token that has an owner can be replaced as lost."),
  hsm: define(707, 400, "{text}"),
  passphrase_wrong: define(707, 400, "The passphrase or PIN is wrong."),
  seal_broken: define(
    707,
    400,
    "A secret that this needs is stored damaged, or under a key the server does not have. ostiary doctor says which.",
    "error",
  ),
  ring_in_use: define(707, 400, "The key ring is being changed by another call or command. Try again when that is done."),
  body_too_large: define(905, 413, "The request is larger than the {limit} bytes this address accepts."),

  // 5xx: something in us.
  busy: define(903, 503, "The server is busy. Please try again in {seconds} seconds.", "warning"),
  locked: define(707, 503, "The key ring is locked. An administrator has to unlock it: POST /system/hsm.", "warning"),
  module_away: define(
    707,
    503,
    "The security module that holds the keys can not be used at the moment. GET /readyz says why.",
    "warning",
  ),
  workers_failing: define(
    903,
    503,
    "A part of the server that this needs fails again and again. GET /readyz says which, and what to do.",
    "error",
  ),
  not_durable: define(903, 503, "The server can not store anything at the moment, so it accepts nothing.", "error"),
  stopping: define(903, 503, "The server is stopping."),
  unexpected: define(-500, 500, "The server met an unexpected error. Its log has the details.", "error"),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorName = keyof typeof errorTable;

/**
 * Texts that clients compare (rest-api.md 1.4). They are English, whatever the language of the server, unless the client asks for
 * another one itself.
 */
export const contractTexts: ReadonlySet<ErrorName> = new Set<ErrorName>([
  "wrong_credentials",
  "unknown_auth_realm",
  "missing_username",
  "missing_authorization",
  "right_missing",
  "too_many_tokens",
  "token_not_found",
  "user_not_found",
  "missing_parameter",
  "empty_parameter",
  "user_or_serial_missing",
  "serial_or_user_missing",
  "invalid_serial",
  "invalid_user",
  "serial_of_other_user",
]);

/**
 * A refusal with a place in the error table. `detail` goes to the envelope as it is; `retryAfter` (seconds) to the header. Its
 * `message` is English, for trail and log; `kind` and `words` are what another language is made from (messages/render.ts).
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly kind: ErrorName;
  readonly spec: ErrorSpec;
  readonly words: Words;
  readonly detail: Record<string, unknown> | null;
  readonly retryAfter: number | undefined;
  /** One of many like it: the audit trail need not hear of each. */
  readonly quiet: boolean;

  constructor(
    kind: ErrorName,
    words: Words = {},
    more: { detail?: Record<string, unknown>; retryAfter?: number; quiet?: boolean; cause?: unknown } = {},
  ) {
    const spec = errorTable[kind];
    super(withCode(spec, fill(spec.text, words, phrases)), more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.spec = spec;
    this.words = words;
    this.detail = more.detail ?? null;
    this.retryAfter = more.retryAfter;
    this.quiet = more.quiet ?? false;
  }
}

/** 401, 403 and 404 carry the bare text, the others `ERR<code>: <text>` (rest-api.md 1.3). */
export function withCode(spec: ErrorSpec, text: string): string {
  return [401, 403, 404].includes(spec.status) ? text : `ERR${spec.code}: ${text}`;
}
