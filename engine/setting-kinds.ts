// The kinds of value a setting can have. A kind turns what a source holds (text from the environment and flags, a TOML value
// from the file) into a checked value, or says in words what it would have accepted. It never repeats the wrong value:
// settings hold secrets, and errors end up in logs.
import { isIP } from "node:net";
import { CidrError, isInAnyNetwork, parseNetwork } from "./core/cidr.ts";

/** A value as a source gives it: text, or what TOML parsed. */
export type RawValue = unknown;

export interface Kind<T> {
  /** What the kind accepts, for error texts and the reference page, e.g. "a whole number from 0 to 60". */
  allowed: string;
  /** The checked value; undefined when the raw value is not acceptable. */
  parse(raw: RawValue): T | undefined;
}

/** HOST:PORT to listen on; port 0 lets the system choose. */
export interface Address {
  host: string;
  port: number;
}

/** At most `attempts` failures in `seconds`. */
export interface Budget {
  attempts: number;
  seconds: number;
}

/** Text that matches a pattern. */
export function textKind(allowed: string, pattern: RegExp): Kind<string> {
  return { allowed, parse: (raw) => (typeof raw === "string" && pattern.test(raw) ? raw : undefined) };
}

/** A whole number within bounds; decimal digits when it comes as text. */
export function integerKind(min: number, max: number): Kind<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    parse: (raw) => {
      const number = typeof raw === "string" && /^-?\d{1,15}$/.test(raw.trim()) ? Number(raw) : raw;
      return typeof number === "number" && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
    },
  };
}

/** A number of bytes: digits, or digits with KiB, MiB or GiB. */
export function bytesKind(min: number, max: number): Kind<number> {
  const whole = integerKind(min, max);
  const factors: Record<string, number> = { kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };
  return {
    allowed: `a number of bytes from ${min} to ${max}, also as 512KiB, 1MiB, 1GiB`,
    parse: (raw) => {
      const [, digits, unit] = (typeof raw === "string" && /^(\d{1,15}) *([kmg]ib)$/i.exec(raw.trim())) || [];
      return whole.parse(digits === undefined ? raw : Number(digits) * (factors[unit?.toLowerCase() ?? ""] ?? 1));
    },
  };
}

/** true or false; as text also 1, 0, yes, no, on, off. */
export function flagKind(): Kind<boolean> {
  const words: Record<string, boolean> = {
    true: true,
    1: true,
    yes: true,
    on: true,
    false: false,
    0: false,
    no: false,
    off: false,
  };
  return {
    allowed: "true or false",
    parse: (raw) => {
      if (typeof raw === "boolean") return raw;
      const word = typeof raw === "string" ? raw.trim().toLowerCase() : "";
      return Object.hasOwn(words, word) ? words[word] : undefined;
    },
  };
}

/** One of the given words. */
export function choiceKind<const T extends string>(...choices: readonly T[]): Kind<T> {
  return { allowed: `one of ${choices.join(", ")}`, parse: (raw) => choices.find((choice) => choice === raw) };
}

/** HOST:PORT, a bare :PORT (all addresses), or [IPv6]:PORT. */
export function addressKind(): Kind<Address> {
  return {
    allowed: "HOST:PORT such as 127.0.0.1:8080, [::1]:8080, 0.0.0.0:443; port 0 to let the system choose",
    parse: (raw) => {
      const [, six, host, digits] =
        (typeof raw === "string" && /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(raw)) || [];
      const port = Number(digits);
      if (digits === undefined || port > 65535 || (six !== undefined && isIP(six) !== 6)) return undefined;
      return { host: six ?? (host === "" || host === undefined ? "0.0.0.0" : host), port };
    },
  };
}

/** HOST:PORT of a loopback address, or "off" (null). */
export function loopbackAddressKind(): Kind<Address | null> {
  const { parse } = addressKind();
  return {
    allowed: "off, or HOST:PORT of this machine alone such as 127.0.0.1:8081",
    parse: (raw) => {
      if (raw === "off" || raw === false) return null;
      const address = parse(raw);
      return address && isLoopback(address.host) ? address : undefined;
    },
  };
}

const LOOPBACK = ["127.0.0.0/8", "::1/128"].map(parseNetwork);

/** Only programs of this machine reach the address. Of names only localhost is known to be one. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || (isIP(host) !== 0 && isInAnyNetwork(host, LOOPBACK));
}

/** Where syslog messages go. */
export interface SyslogServer {
  protocol: "tcp" | "udp";
  host: string;
  port: number;
}

/** tcp://HOST:PORT or udp://HOST:PORT. */
export function syslogKind(): Kind<SyslogServer> {
  return {
    allowed: "tcp://HOST:PORT or udp://HOST:PORT",
    parse: (raw) => {
      const [, protocol, six, name = "", digits] =
        (typeof raw === "string" && /^(tcp|udp):\/\/(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(raw)) || [];
      const port = Number(digits);
      if (digits === undefined || port < 1 || port > 65535 || (six !== undefined && isIP(six) !== 6)) return undefined;
      return { protocol: protocol as "tcp" | "udp", host: six ?? name, port };
    },
  };
}

/** Attempts per seconds as "100/1800", or "off" (null). */
export function budgetKind(): Kind<Budget | null> {
  return {
    allowed: "attempts/seconds such as 100/1800, or off",
    parse: (raw) => {
      if (raw === "off" || raw === false) return null;
      const [, attempts, seconds] = (typeof raw === "string" && /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(raw.trim())) || [];
      return attempts === undefined ? undefined : { attempts: Number(attempts), seconds: Number(seconds) };
    },
  };
}

/** A list: an array in TOML, comma-separated text elsewhere; empty text is the empty list. */
export function listKind<T>(item: Kind<T>): Kind<readonly T[]> {
  return {
    allowed: `a list, each ${item.allowed}; commas between them in a variable or flag`,
    parse: (raw) => {
      const parts = typeof raw === "string" ? raw.split(",").map((part) => part.trim()) : raw;
      if (!Array.isArray(parts)) return undefined;
      const values = (parts.length === 1 && parts[0] === "" ? [] : parts).map((part) => item.parse(part));
      return values.every((value): value is Awaited<T> & T => value !== undefined) ? values : undefined;
    },
  };
}

/** An IPv4 or IPv6 address or subnet, as text. */
export function cidrKind(): Kind<string> {
  return {
    allowed: "an address or subnet such as 10.0.0.0/8 or 2001:db8::/32",
    parse: (raw) => {
      try {
        if (typeof raw === "string" && parseNetwork(raw)) return raw;
      } catch (error) {
        if (!(error instanceof CidrError)) throw error;
      }
      return undefined;
    },
  };
}

/** A path; `<data>` at its start stands for the data directory, and relative paths are taken from there. */
export function pathKind(): Kind<string> {
  return textKind("a path; <data>/… and relative paths lie in the data directory", /^[^\0,]+$/);
}

/** A path, or empty text for none. */
export function optionalPathKind(): Kind<string> {
  return textKind("a path, or empty; <data>/… and relative paths lie in the data directory", /^[^\0,]*$/);
}
