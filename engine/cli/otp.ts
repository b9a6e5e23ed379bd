// ostiary otp: the values a token shows, for testing a set-up without a phone.
import { decodeBase32 } from "../core/base32.ts";
import { hotpValue, type OtpAlgorithm } from "../core/hotp.ts";
import { KeyUriError, parseKeyUri } from "../core/key-uri.ts";
import { type Command, FLAG, TEXT, UsageError } from "./command.ts";
import { readSecrets } from "./standard-input.ts";

interface Source {
  kind: "hotp" | "totp";
  secret: Uint8Array;
  digits: number;
  algorithm: OtpAlgorithm;
  period: number;
  counter: number;
}

const ALGORITHMS = ["sha1", "sha256", "sha512"];

export const otp: Command = {
  name: "otp",
  summary: "compute HOTP and TOTP values of a key (for testing)",
  help: `ostiary otp [--totp | --counter N] [options] < KEY

Prints one-time passwords. Standard input holds an otpauth:// address, or the key in hex (or base32 with --base32).

  --totp            time based: the value of now (default for otpauth://totp)
  --counter N       event based: the value at this counter (default 0)
  --count N         that many values in a row (default 1)
  --time SECONDS    another moment than now, seconds since 1970
  --digits N        digits of a value (default 6)
  --step N          seconds of a time step (default 30)
  --algorithm NAME  sha1, sha256 or sha512 (default sha1)
  --base32          the key is base32
  --json            counters and values as JSON

Example
  echo 3132333435363738393031323334353637383930 | ostiary otp --counter 0 --count 3`,
  options: {
    totp: FLAG,
    base32: FLAG,
    json: FLAG,
    counter: TEXT,
    count: TEXT,
    time: TEXT,
    digits: TEXT,
    step: TEXT,
    algorithm: TEXT,
  },
  async run({ values }) {
    const source = readSource(((await readSecrets(["key or otpauth address"]))[0] ?? "").trim(), values);
    const count = readNumber(values.count, "--count", 1, 1, 1000);
    const time = readNumber(values.time, "--time", Math.floor(Date.now() / 1000), 0, 2 ** 40);
    const first = source.kind === "totp" ? Math.floor(time / source.period) : source.counter;
    const shown = Array.from({ length: count }, (_, index) => ({
      counter: first + index,
      value: hotpValue(source.algorithm, source.secret, first + index, source.digits),
    }));
    if (values.json) console.log(JSON.stringify(shown));
    else for (const { value } of shown) console.log(value);
    return 0;
  },
};

type Values = Record<string, string | boolean | undefined>;

/** What stands in the address, or else in the options. */
function readSource(input: string, values: Values): Source {
  if (input === "") throw new UsageError("standard input is empty: give a key or an otpauth:// address");
  if (input.toLowerCase().startsWith("otpauth:")) {
    const { kind, secret, digits, algorithm, period, counter } = readUri(input);
    return {
      kind,
      secret,
      digits,
      algorithm,
      period,
      counter: readNumber(values.counter, "--counter", counter, 0, 2 ** 53 - 1001),
    };
  }
  const algorithm = String(values.algorithm ?? "sha1");
  if (!ALGORITHMS.includes(algorithm)) throw new UsageError(`--algorithm is one of ${ALGORITHMS.join(", ")}`);
  return {
    kind: values.totp ? "totp" : "hotp",
    secret: readKey(input, values.base32 === true),
    digits: readNumber(values.digits, "--digits", 6, 4, 10),
    algorithm: algorithm as OtpAlgorithm,
    period: readNumber(values.step, "--step", 30, 1, 86_400),
    counter: readNumber(values.counter, "--counter", 0, 0, 2 ** 53 - 1001),
  };
}

function readUri(input: string) {
  try {
    return parseKeyUri(input);
  } catch (error) {
    if (error instanceof KeyUriError) throw new UsageError(`standard input: ${error.message}`);
    throw error;
  }
}

function readKey(input: string, base32: boolean): Uint8Array {
  try {
    return base32 ? decodeBase32(input) : Uint8Array.fromHex(input);
  } catch {
    throw new UsageError(base32 ? "standard input holds no base32 key" : "standard input holds no hex key (--base32 for base32)");
  }
}

function readNumber(
  value: string | boolean | undefined,
  name: string,
  otherwise: number,
  minimum: number,
  maximum: number,
): number {
  if (value === undefined) return otherwise;
  const number = /^\d{1,16}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (number >= minimum && number <= maximum) return number;
  throw new UsageError(`${name} is a whole number from ${minimum} to ${maximum}`);
}
