// The hardened preset: defaults for who would rather lose convenience and compatibility than safety. `preset = "hardened"` puts
// them in the place of the usual ones; what is set explicitly wins. docs/settings.md and the doctor print this table.
import type { Setting } from "./setting.ts";
import type { SettingKey } from "./settings.ts";

interface Hardened {
  value: Setting<unknown>["default"];
  why: string;
}

export const hardened: Readonly<Partial<Record<SettingKey, Hardened>>> = {
  "server.plain_http": { value: "loopback", why: "PINs and sessions do not cross a network in the clear." },
  "server.docs": { value: false, why: "Nothing is served that no client needs." },
  "validate.tell_refusals": {
    value: false,
    why: "Nobody learns who exists, who has a token and what is locked (ASVS 5.0 6.3.8).",
  },
  "tokens.totp_window_seconds": {
    value: 60,
    why: "Two steps of 30 s; tokens come with 180 s, or more from elsewhere (ASVS 5.0 6.5.5).",
  },
  "hash.memory_kib": {
    value: 65_536,
    why: "RFC 9106 section 4, second choice, on one lane: a stolen database is dear to guess at.",
  },
  "hash.iterations": {
    value: 3,
    why: "As above. A hash takes some 5 times as long as the usual one; a PIN that is remembered takes none.",
  },
  "guard.user": { value: "20/1800", why: "A fifth of the guesses that the usual budget leaves." },
  "guard.auth": { value: "5/60", why: "Passwords of administrators." },
  "tls.minimum_version": { value: "1.3", why: "No client that has to be that old is worth it." },
};
