// The system settings that live in the database (config-and-tokens.md G): key, type, default, words.
// Any other key may be stored too (POST /system/setConfig); these are the ones with a meaning.

export interface SystemKey {
  /** Where the contract describes it: config-and-tokens.md G or J. */
  id: string;
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
  /** It can be set, but what reads it does not exist yet. */
  unused?: boolean;
  help: string;
}

type More = Omit<Partial<SystemKey>, "id" | "kind" | "default">;

const flag = (id: string, value: boolean, help: string, more: More = {}) => ({
  id,
  kind: "flag" as const,
  default: value,
  help,
  ...more,
});
const integer = (id: string, value: number, minimum: number, maximum: number, help: string, more: More = {}) => ({
  id,
  kind: "integer" as const,
  default: value,
  minimum,
  maximum,
  help,
  ...more,
});

const text = (id: string, value: string, help: string, more: More = {}) => ({
  id,
  kind: "text" as const,
  default: value,
  help,
  ...more,
});

const HASHES = ["sha1", "sha256", "sha512"] as const;

export const systemKeys = {
  splitAtSign: flag("G01", true, "Take `name@realm` apart when the realm exists.", { shownUnset: true }),
  IncFailCountOnFalsePin: flag("G02", true, "A PIN that fits none of a user's tokens raises the fail counter of all of them.", {
    shownUnset: true,
    aliases: ["FailCounterIncOnFalsePin"],
  }),
  PrependPin: flag("G05", true, "The PIN stands before the one-time password; off: behind it.", { shownUnset: true }),
  ReturnSamlAttributes: flag("G06", true, "/validate/samlcheck returns attributes of the user.", {
    shownUnset: true,
    unused: true,
  }),
  ReturnSamlAttributesOnFail: flag("G07", false, "/validate/samlcheck returns them for a refused log-in too.", { unused: true }),
  failcounter_clear_timeout: integer(
    "G03",
    0,
    0,
    525_600,
    "Minutes after which a full fail counter may be cleared by a right log-in; 0: only an administrator clears it.",
  ),
  ResetFailcounterOnPIN: flag("G04", false, "After that time the right PIN alone clears it too."),
  AutoResync: flag("G08", false, "Two one-time passwords in a row from outside the window bring a token back in step."),
  AutoResyncTimeout: integer("G09", 300, 1, 86_400, "Seconds within which the second of them must come."),
  no_auth_counter: flag(
    "G11",
    false,
    "Do not count log-ins of a token; its limits count_auth_max and count_auth_success_max then have no effect.",
  ),
  OverrideAuthorizationClient: text(
    "G10",
    "",
    "Proxies that may name other clients, by X-Forwarded-For or the parameter client: chains such as 10.1.2.0/24 > 192.168.0.0/16, 172.16.0.1.",
  ),
  UserCacheExpiration: integer("G12", 0, 0, 31_536_000, "Seconds a user found in a source is remembered; 0: not at all.", {
    unused: true,
  }),
  DefaultResetFailCount: flag("G13", true, "A resync sets the fail counter back to 0.", { tokenDefault: true }),
  DefaultMaxFailCount: integer("G14", 10, 1, 100_000, "Failed attempts after which a new token is locked.", {
    tokenDefault: true,
  }),
  DefaultSyncWindow: integer("G15", 1000, 1, 40_000, "One-time passwords searched when a new token is resynchronised.", {
    tokenDefault: true,
  }),
  DefaultCountWindow: integer("G17", 10, 1, 1000, "One-time passwords searched at a log-in with a new event based token.", {
    tokenDefault: true,
  }),
  DefaultOtpLen: integer("G16", 6, 4, 10, "Digits of a new token.", { tokenDefault: true }),
  DefaultChallengeValidityTime: integer("G18", 120, 1, 86_400, "Seconds a challenge can be answered.", { unused: true }),
  SerialLength: integer("G19", 8, 4, 32, "Characters of a new serial number after its prefix."),
  "totp.timeStep": integer("J07", 30, 1, 86_400, "Seconds a value of a new TOTP token is shown."),
  "totp.timeWindow": integer("J07", 180, 0, 604_800, "Seconds a new TOTP token's clock may differ, each way."),
  "totp.timeShift": integer("J07", 0, -604_800, 604_800, "Seconds a new TOTP token's clock is ahead."),
  "totp.hashlib": text("J07", "sha1", "Hash function of new TOTP tokens: sha1, sha256 or sha512.", { words: HASHES }),
  "hotp.hashlib": text("J06", "sha1", "Hash function of new HOTP tokens: sha1, sha256 or sha512.", { words: HASHES }),
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
