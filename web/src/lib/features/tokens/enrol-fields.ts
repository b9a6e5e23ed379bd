// The form of an enrolment, made from the descriptor of the token type: a type lists the parameters that mean something to it,
// here stands how each is asked. A new type with known parameters needs nothing here.
import type { TokenTypeSpec } from "@ostiary/shared/token-types.ts";
import type { MessageKey } from "../../text/text.ts";
import type { FormField, FormValues } from "../../ui/form/fields.ts";
import { toWireMoment } from "./moments.ts";

const choice = (name: string, label: MessageKey, values: readonly string[], hint?: MessageKey): FormField => ({
  name,
  label,
  hint,
  kind: "select",
  initial: values[0],
  options: values.map((value) => ({ value, label: value })),
});

const ownKey = ({ genkey }: FormValues) => genkey !== "1";

/** How a parameter of POST /token/init is asked. What is not here is left to the engine. */
const known: Record<string, FormField> = {
  genkey: { name: "genkey", label: "enrol.genkey", hint: "enrol.genkey.hint", kind: "flag", initial: "1" },
  otpkey: { name: "otpkey", label: "enrol.otpkey", kind: "secret", required: true, maxLength: 4096, when: ownKey },
  otpkeyformat: {
    ...choice("otpkeyformat", "enrol.otpkeyformat", ["hex", "base32check"]),
    when: ownKey,
  },
  otplen: choice("otplen", "tokens.digits", ["6", "8"]),
  hashlib: choice("hashlib", "enrol.hashlib", ["sha1", "sha256", "sha512"], "enrol.hashlib.hint"),
  timeStep: choice("timeStep", "enrol.timeStep", ["30", "60"]),
};

/** Parameters a type does not need for its usual form. */
const FIXED_PASSWORD: FormField = { name: "otpkey", label: "enrol.password", kind: "secret", required: true, maxLength: 4096 };

export function typeFields({ params }: TokenTypeSpec): readonly FormField[] {
  // A type with a key but without digits takes a password for it.
  if (params.includes("otpkey") && !params.includes("otplen")) return [FIXED_PASSWORD];
  return ["genkey", "otpkey", "otpkeyformat", "otplen", "hashlib", "timeStep"].flatMap((name) => {
    const field = params.includes(name) ? known[name] : undefined;
    return field ? [field] : [];
  });
}

export const commonFields: readonly FormField[] = [
  { name: "pin", label: "tokens.pin", hint: "enrol.pin.hint", kind: "secret", maxLength: 4096 },
  { name: "description", label: "tokens.description", hint: "enrol.description.hint", kind: "text", maxLength: 80 },
  { name: "validity_period_end", label: "tokens.validUntil", kind: "moment" },
];

/** Values of the form as parameters of POST /token/init. */
export function toInitParams(type: string, values: FormValues, fields: readonly FormField[]): Record<string, unknown> {
  const asked = fields.filter((field) => !field.when || field.when(values));
  const entries = asked.flatMap(({ name, kind }): [string, unknown][] => {
    const value = values[name] ?? "";
    if (kind === "flag") return value === "1" ? [[name, true]] : [];
    if (value === "") return [];
    if (kind === "moment") return [[name, toWireMoment(value)]];
    return [[name, kind === "secret" ? value : value.trim()]];
  });
  const params = Object.fromEntries(entries);
  // The realm is the owner's.
  if (params.user === undefined) delete params.realm;
  return { type, ...params };
}
