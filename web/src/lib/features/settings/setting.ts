// The system settings as a form: data of shared/system-config.ts, put in the order of somebody who looks for one.
import { parseSystemValue, type SystemKey, type SystemKeyName, systemKeys } from "@ostiary/shared/system-config.ts";
import type { Phrase } from "../../text/text.ts";
import type { FormValues } from "../../ui/form/fields.ts";

export type GroupName = "login" | "failures" | "resync" | "defaults" | "totp" | "hotp" | "network" | "later";

const places: readonly [GroupName, readonly SystemKeyName[]][] = [
  ["login", ["splitAtSign", "PrependPin", "no_auth_counter"]],
  ["failures", ["IncFailCountOnFalsePin", "failcounter_clear_timeout", "ResetFailcounterOnPIN", "DefaultResetFailCount"]],
  ["resync", ["AutoResync", "AutoResyncTimeout"]],
  ["defaults", ["DefaultOtpLen", "DefaultMaxFailCount", "DefaultCountWindow", "DefaultSyncWindow", "SerialLength"]],
  ["totp", ["totp.timeStep", "totp.timeWindow", "totp.timeShift", "totp.hashlib"]],
  ["hotp", ["hotp.hashlib"]],
  ["network", ["OverrideAuthorizationClient"]],
];
const placed: ReadonlySet<string> = new Set(places.flatMap(([, names]) => names));
export const settingNames = Object.keys(systemKeys) as SystemKeyName[];

/** A setting that has no place yet, or that nothing reads yet, stands in the last group. */
export const settingGroups: readonly { id: GroupName; names: readonly SystemKeyName[] }[] = [
  ...places.map(([id, names]) => ({ id, names })),
  { id: "later", names: settingNames.filter((name) => !placed.has(name)) },
];

export const describe = (name: SystemKeyName): SystemKey => systemKeys[name];

/** Its default as the field holds it: a flag is "1" or "". */
export const defaultOf = (name: SystemKeyName): string => toField(systemKeys[name].default);
const toField = (value: boolean | number | string) => (typeof value === "boolean" ? (value ? "1" : "") : String(value));

export type Stored = Readonly<Record<string, string | number | null>>;

/** What is in force, from the answer of `systemGet`. A stored value that is none counts as the default, as it does in the engine. */
export function readValues(stored: Stored): FormValues {
  return Object.fromEntries(
    settingNames.map((name) => {
      const text = stored[name];
      const value = text === undefined || text === null ? null : parseSystemValue(name, String(text));
      return [name, value === null ? defaultOf(name) : toField(value)];
    }),
  );
}

/** What is wrong with a value; null: nothing. */
export function findFault(name: SystemKeyName, value: string): Phrase | null {
  const { kind, minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = describe(name);
  if (kind !== "integer" || parseSystemValue(name, value) !== null) return null;
  return { key: "form.range", words: { min: minimum, max: maximum } };
}

/** As the engine takes it. */
export const toWire = (name: SystemKeyName, value: string): string =>
  describe(name).kind === "flag" ? (value === "1" ? "True" : "False") : value.trim();
