// The certificate of the listener: can it be served, and how long yet?
import { CertificateError, type Pair, readPair } from "../certificate.ts";
import type { Check } from "./check.ts";

const DAY_MS = 86_400_000;
/** Days before the end from which it is a warning, and a problem. The log of the server counts the same days. */
export const EXPIRY_DAYS = { warning: 30, problem: 7 } as const;

export const certificate: Check = {
  name: "certificate of TLS",
  run({ settings, now }) {
    if (settings["tls.certificate_file"] === "") return [];
    let pair: Pair;
    try {
      pair = readPair(settings);
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      return [
        {
          severity: "problem",
          what: error.message,
          meaning: "The server does not start; one that runs keeps the pair it has until it ends.",
          advice: "Mend the files; docs/tls.md says what they have to be.",
        },
      ];
    }
    const days = Math.floor((pair.expiresAt - now()) / DAY_MS);
    if (days >= EXPIRY_DAYS.warning) return [];
    return [
      {
        severity: days < EXPIRY_DAYS.problem ? "problem" : "warning",
        what: `${settings["tls.certificate_file"]} ${days < 0 ? "has expired" : "expires"} on ${new Date(pair.expiresAt).toISOString()}.`,
        meaning: "Clients that check certificates do not talk to a server whose certificate has expired.",
        advice: "Renew it; the server takes up the new files by itself.",
      },
    ];
  },
};
