// The one error table: symbol, number on the wire, HTTP status, safe text, log level (rest-api.md 1.3 and 1.4).
// Texts hold `{names}` that the thrower fills with words of ours or of the contract, never with secrets.

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
  jwt_expired: define(4305, 401, "Authentication failure. Your token has expired."),
  role_required: define(
    4306,
    401,
    "Authentication failure. You do not have the necessary role ({roles}) to access this resource!",
  ),

  // 403 and 404: bare texts.
  right_missing: define(303, 403, "{scope} actions are defined, but the action {action} is not allowed!"),
  forbidden_address: define(303, 403, "This address may not read this page. The setting {setting} lists the addresses that may."),
  token_not_found: define(601, 404, "The requested token could not be found."),
  not_found: define(601, 404, "The requested {what} could not be found."),
  unknown_path: define(601, 404, "There is nothing at this address."),
  method_not_allowed: define(905, 405, "This address does not know the method; it knows {allowed}."),

  // 400: something in the request. `ERR<code>: ` stands before these texts on the wire.
  token_admin: define(301, 400, "{text}"),
  config_admin: define(302, 400, "{text}"),
  default_unknown: define(77, 400, "There is no default setting of this name. Known are: {known}."),
  genkey_and_otpkey: define(344, 400, "Either genkey or otpkey may be given, not both."),
  user_not_found: define(904, 400, "The user can not be found in any resolver in this realm!"),
  missing_parameter: define(905, 400, "Missing parameter: '{name}'"),
  empty_parameter: define(905, 400, "Parameter '{name}' must not be empty"),
  bad_parameter: define(905, 400, "Parameter '{name}' must be {wanted}."),
  parameter: define(905, 400, "{text}"),
  body_unreadable: define(905, 400, "The request body can not be read: {reason}."),
  token_locked: define(1007, 400, "The token is revoked and can not be used."),
  already_assigned: define(1103, 400, "Token already assigned to another user."),
  token_type_unknown: define(1610, 400, "Unknown token type. Known are: {known}."),
  hsm: define(707, 400, "{text}"),
  body_too_large: define(905, 413, "The request is larger than the {limit} bytes this address accepts."),

  // 5xx: something in us.
  busy: define(903, 503, "The server is busy. Please try again in {seconds} seconds.", "warning"),
  locked: define(707, 503, "The key ring is locked. An administrator has to unlock it: POST /system/hsm.", "warning"),
  not_durable: define(903, 503, "The server can not store anything at the moment, so it accepts nothing.", "error"),
  stopping: define(903, 503, "The server is stopping."),
  unexpected: define(-500, 500, "The server met an unexpected error. Its log has the details.", "error"),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorName = keyof typeof errorTable;

/** A refusal with a place in the error table. `detail` goes to the envelope as it is; `retryAfter` (seconds) to the header. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly kind: ErrorName;
  readonly spec: ErrorSpec;
  readonly detail: Record<string, unknown> | null;
  readonly retryAfter: number | undefined;
  /** One of many like it: the audit trail need not hear of each. */
  readonly quiet: boolean;

  constructor(
    kind: ErrorName,
    words: Record<string, string | number> = {},
    more: { detail?: Record<string, unknown>; retryAfter?: number; quiet?: boolean; cause?: unknown } = {},
  ) {
    const spec = errorTable[kind];
    super(fill(spec, words), more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.spec = spec;
    this.detail = more.detail ?? null;
    this.retryAfter = more.retryAfter;
    this.quiet = more.quiet ?? false;
  }
}

/** 401, 403 and 404 carry the bare text, the others `ERR<code>: <text>` (rest-api.md 1.3). */
function fill(spec: ErrorSpec, words: Record<string, string | number>): string {
  const text = spec.text.replace(/\{(\w+)\}/g, (_, name: string) => String(words[name] ?? ""));
  return [401, 403, 404].includes(spec.status) ? text : `ERR${spec.code}: ${text}`;
}
