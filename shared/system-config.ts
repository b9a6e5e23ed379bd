// The system settings that live in the database (config-and-tokens.md G): key, type, default, words.
// Any other key may be stored too (POST /system/setConfig); these are the ones with a meaning. What the engine does not read yet says so.

export interface SystemKey {
  kind: "flag" | "integer" | "text";
  default: boolean | number | string;
  minimum?: number;
  maximum?: number;
  /** What a text may be; absent: anything. */
  words?: readonly string[];
  /** `GET /system/` shows the default as text when nothing is stored (rest-api.md 2.5). */
  shownUnset?: boolean;
  /** Other spellings taken on writing and found on reading. */
  aliases?: readonly string[];
  /** Written through POST /system/setDefault as well. */
  tokenDefault?: boolean;
  help: string;
}

type More = Omit<Partial<SystemKey>, "kind" | "default">;

const flag = (value: boolean, help: string, more: More = {}) => ({
  kind: "flag" as const,
  default: value,
  help,
  ...more,
});
const integer = (value: number, minimum: number, maximum: number, help: string, more: More = {}) => ({
  kind: "integer" as const,
  default: value,
  minimum,
  maximum,
  help,
  ...more,
});

const HASHES = ["sha1", "sha256", "sha512"] as const;

export const systemKeys = {
  splitAtSign: flag(true, "Take `name@realm` apart when the realm exists.", { shownUnset: true }),
  IncFailCountOnFalsePin: flag(true, "A PIN that fits none of a user's tokens raises the fail counter of all of them.", {
    shownUnset: true,
    aliases: ["FailCounterIncOnFalsePin"],
  }),
  PrependPin: flag(true, "The PIN stands before the one-time password; off: behind it.", { shownUnset: true }),
  ReturnSamlAttributes: flag(true, "Not used yet. /validate/samlcheck returns attributes of the user.", { shownUnset: true }),
  ReturnSamlAttributesOnFail: flag(false, "Not used yet. /validate/samlcheck returns them for a refused log-in too."),
  failcounter_clear_timeout: integer(
    0,
    0,
    525_600,
    "Minutes after which a full fail counter may be cleared by a right log-in; 0: only an administrator clears it.",
  ),
  ResetFailcounterOnPIN: flag(false, "After that time the right PIN alone clears it too."),
  AutoResync: flag(false, "Two one-time passwords in a row from outside the window bring a token back in step."),
  AutoResyncTimeout: integer(300, 1, 86_400, "Seconds within which the second of them must come."),
  no_auth_counter: flag(
    false,
    "Do not count log-ins of a token; its limits count_auth_max and count_auth_success_max then have no effect.",
  ),
  OverrideAuthorizationClient: { kind: "text", default: "", help: "Not used yet. Proxies that may speak for other clients." },
  UserCacheExpiration: integer(0, 0, 31_536_000, "Not used yet. Seconds a user found in a source is remembered; 0: not at all."),
  DefaultResetFailCount: flag(true, "A resync sets the fail counter back to 0.", { tokenDefault: true }),
  DefaultMaxFailCount: integer(10, 1, 100_000, "Failed attempts after which a new token is locked.", { tokenDefault: true }),
  DefaultSyncWindow: integer(1000, 1, 40_000, "One-time passwords searched when a new token is resynchronised.", {
    tokenDefault: true,
  }),
  DefaultCountWindow: integer(10, 1, 1000, "One-time passwords searched at a log-in with a new event based token.", {
    tokenDefault: true,
  }),
  DefaultOtpLen: integer(6, 4, 10, "Digits of a new token.", { tokenDefault: true }),
  DefaultChallengeValidityTime: integer(120, 1, 86_400, "Not used yet. Seconds a challenge can be answered."),
  SerialLength: integer(8, 4, 32, "Characters of a new serial number after its prefix."),
  "totp.timeStep": integer(30, 1, 86_400, "Seconds a value of a new TOTP token is shown."),
  "totp.timeWindow": integer(180, 0, 604_800, "Seconds a new TOTP token's clock may differ, each way."),
  "totp.timeShift": integer(0, -604_800, 604_800, "Seconds a new TOTP token's clock is ahead."),
  "totp.hashlib": {
    kind: "text",
    default: "sha1",
    words: HASHES,
    help: "Hash function of new TOTP tokens: sha1, sha256 or sha512.",
  },
  "hotp.hashlib": {
    kind: "text",
    default: "sha1",
    words: HASHES,
    help: "Hash function of new HOTP tokens: sha1, sha256 or sha512.",
  },
} as const satisfies Record<string, SystemKey>;

export type SystemKeyName = keyof typeof systemKeys;
type Plain<V> = V extends boolean ? boolean : V extends number ? number : string;
/** Every setting with the value in force. */
export type SystemConfig = { [K in SystemKeyName]: Plain<(typeof systemKeys)[K]["default"]> };

const spellings = new Map<string, SystemKeyName>();
for (const [name, key] of Object.entries(systemKeys) as [SystemKeyName, SystemKey][]) {
  for (const spelling of [name, ...(key.aliases ?? [])]) spellings.set(spelling.toLowerCase(), name);
}

/** The setting a key means, whatever its capitals or old spelling; null for keys the engine does not know. */
export function findSystemKey(key: string): SystemKeyName | null {
  return spellings.get(key.toLowerCase()) ?? null;
}

const TRUE_WORDS = new Set(["1", "true", "yes", "on"]);
const FALSE_WORDS = new Set(["0", "false", "no", "off", ""]);

/** Reads stored text as the setting's type. Null: not a value this setting can have. */
export function parseSystemValue(name: SystemKeyName, text: string): boolean | number | string | null {
  const key: SystemKey = systemKeys[name];
  if (key.kind === "text") return !key.words || key.words.includes(text) ? text : null;
  if (key.kind === "flag") {
    const word = text.trim().toLowerCase();
    return TRUE_WORDS.has(word) ? true : FALSE_WORDS.has(word) ? false : null;
  }
  const value = /^\s*[+-]?\d{1,15}\s*$/.test(text) ? Number(text) : Number.NaN;
  return value >= (key.minimum ?? 0) && value <= (key.maximum ?? Number.MAX_SAFE_INTEGER) ? value : null;
}

/** What a setting may hold, in words. */
export function describeSystemKey(name: SystemKeyName): string {
  const key: SystemKey = systemKeys[name];
  if (key.kind === "flag") return "true or false";
  if (key.kind === "integer") return `a whole number from ${key.minimum} to ${key.maximum}`;
  return key.words ? `one of ${key.words.join(", ")}` : "text";
}
