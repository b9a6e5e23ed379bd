// What the world may know of each token type (rest-api.md 3.1.1): site, OpenAPI and rights are made from it.
// The behaviour of a type is one file in engine/tokens.

export type TokenMode = "authenticate" | "challenge" | "outofband";

export interface TokenTypeSpec {
  kind: string;
  title: string;
  description: string;
  /** Generated serials start with it. */
  prefix: string;
  modes: readonly TokenMode[];
  clientMode: "interactive" | "poll" | "webauthn" | "u2f";
  /** Who is offered the type in the site. */
  offeredTo: readonly ("admin" | "user")[];
  /** Parameters of POST /token/init that mean something to it, beyond those of every token. */
  params: readonly string[];
}

const define = <const Spec extends TokenTypeSpec>(spec: Spec): Spec => spec;

export const tokenTypes = {
  hotp: define({
    kind: "hotp",
    title: "HOTP: event based one-time passwords",
    description: "A device or app that counts: each press of the button gives the next one-time password (RFC 4226).",
    prefix: "OATH",
    modes: ["authenticate", "challenge"],
    clientMode: "interactive",
    offeredTo: ["admin", "user"],
    params: ["otpkey", "otpkeyformat", "genkey", "keysize", "otplen", "hashlib"],
  }),
  totp: define({
    kind: "totp",
    title: "TOTP: time based one-time passwords",
    description: "A device or app with a clock: a new one-time password every 30 or 60 seconds (RFC 6238).",
    prefix: "TOTP",
    modes: ["authenticate", "challenge"],
    clientMode: "interactive",
    offeredTo: ["admin", "user"],
    params: ["otpkey", "otpkeyformat", "genkey", "keysize", "otplen", "hashlib", "timeStep", "timeWindow", "timeShift"],
  }),
  spass: define({
    kind: "spass",
    title: "Simple pass: the PIN alone",
    description: "No one-time password at all: whoever knows the PIN is let in. For special cases only.",
    prefix: "PISP",
    modes: ["authenticate"],
    clientMode: "interactive",
    offeredTo: ["admin", "user"],
    params: [],
  }),
  pw: define({
    kind: "pw",
    title: "Password: a fixed password",
    description: "A password in place of the one-time password, for instance while a token is lost.",
    prefix: "PW",
    modes: ["authenticate", "challenge"],
    clientMode: "interactive",
    offeredTo: [],
    params: ["otpkey", "genkey", "pw.length", "pw.contents"],
  }),
} as const satisfies Record<string, TokenTypeSpec>;
