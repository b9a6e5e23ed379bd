// Settings that are wrong, and right ones that should not stay like this.
import type { Settings } from "../../config.ts";
import { isLoopback } from "../../setting-kinds.ts";
import type { Check, Finding } from "./check.ts";

/** What OWASP asks of Argon2id, any of them: KiB and passes. */
const ENOUGH: readonly (readonly [memoryKib: number, passes: number])[] = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9_216, 4],
  [7_168, 5],
];

export const wrongSettings: Check = {
  name: "settings",
  run: ({ settingFaults }) =>
    settingFaults.map((fault) => ({
      severity: "problem",
      what: fault,
      meaning: "The server does not start with a wrong setting.",
      advice: "Correct it; docs/settings.md lists all settings.",
    })),
};

/** A setting that is as described gives the finding. */
type Advice = Finding & { when(settings: Settings): boolean };

const advices: readonly Advice[] = [
  {
    when: ({ "hash.memory_kib": memory, "hash.iterations": passes }) =>
      !ENOUGH.some(([leastMemory, leastPasses]) => memory >= leastMemory && passes >= leastPasses),
    severity: "warning",
    what: "hash.memory_kib and hash.iterations make password hashes that are cheap to guess.",
    meaning: "Who steals the database finds PINs and passwords much sooner than he should.",
    advice: "Leave both out (19456 KiB, 2 passes). Existing hashes are raised at the next log-in.",
  },
  {
    when: ({ "server.listen": { host }, "tls.certificate_file": certificate }) => certificate === "" && !isLoopback(host),
    severity: "warning",
    what: "server.listen is not a loopback address, and the server speaks HTTP without TLS.",
    meaning: "PINs, passwords and sessions can be read on their way.",
    advice:
      "Set tls.certificate_file (docs/tls.md), or listen on 127.0.0.1 behind a TLS proxy; in a network that only the proxy reaches, this warning can stay.",
  },
  {
    when: ({ "web.listen": site, "web.url": url }) => site !== null && !isLoopback(site.host) && !url.startsWith("https:"),
    severity: "warning",
    what: "web.listen is not a loopback address, and web.url does not say that a proxy makes HTTPS of it.",
    meaning: "Passwords and sessions of people at the site can be read on their way.",
    advice: "Listen on 127.0.0.1 behind a TLS proxy and set web.url to its address (docs/site.md).",
  },
  {
    when: (settings) => settings["metrics.allow"].some((network) => network.endsWith("/0")),
    severity: "warning",
    what: "metrics.allow lists every address.",
    meaning: "Anybody can read how much is going on, when the certificate ends, and which release this is.",
    advice: "List the addresses of the monitoring, and no others.",
  },
  {
    when: (settings) => settings["log.level"] === "debug",
    severity: "warning",
    what: "log.level is debug.",
    meaning: "The log grows quickly and tells much about users, though never a secret.",
    advice: "Leave log.level out when the fault is found.",
  },
  {
    when: (settings) => settings["guard.user"] === null,
    severity: "warning",
    what: "guard.user is off.",
    meaning: "Only the fail counters of tokens stop somebody who guesses; a user with several tokens has several.",
    advice: "Leave guard.user out (100 failures in 30 minutes).",
  },
  {
    when: (settings) => settings["guard.auth"] === null,
    severity: "warning",
    what: "guard.auth is off.",
    meaning: "Passwords of administrators can be guessed at /auth as fast as they are hashed.",
    advice: "Leave guard.auth out (20 a minute from one address).",
  },
  {
    when: (settings) => !settings["pin.reject_floor"],
    severity: "warning",
    what: "pin.reject_floor is off.",
    meaning: "The time of a refusal tells whether the PIN was right.",
    advice: "Leave pin.reject_floor out.",
  },
  {
    when: (settings) => settings["compat.reveal_secrets"],
    severity: "warning",
    what: "compat.reveal_secrets is on.",
    meaning: "Every administrator who may read the settings can read the passwords among them.",
    advice: "Leave compat.reveal_secrets out as soon as no client needs it.",
  },
];

export const unwiseSettings: Check = {
  name: "wisdom of settings",
  atStart: true,
  run: ({ settings }) => advices.filter(({ when }) => when(settings)).map(({ when: _, ...finding }) => finding),
};
