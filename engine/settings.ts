// Every setting of the engine, as data. config.ts reads them from the file, the environment and the flags; docs/settings.md
// is printed from this table. To add a setting, add an entry; its type follows.
import { languages } from "@ostiary/shared/messages/language.ts";
import { define, type Setting } from "./setting.ts";
import {
  addressKind,
  budgetKind,
  bytesKind,
  choiceKind,
  cidrKind,
  flagKind,
  integerKind,
  listKind,
  loopbackAddressKind,
  optionalPathKind,
  pathKind,
  textKind,
} from "./setting-kinds.ts";
import { headerKind, realmKind, trustedJwtKind } from "./setting-kinds-access.ts";
import { auditSettings } from "./settings-audit.ts";
import { connectionSettings } from "./settings-connections.ts";
import { tlsSettings } from "./settings-tls.ts";
import { webSettings } from "./settings-web.ts";

const workers = "0 chooses by the number of cores";

export const registry = {
  preset: define({
    kind: choiceKind("none", "hardened"),
    default: "none",
    help: "Other defaults: hardened puts those of the table below in the place of the usual ones. What is set explicitly wins.",
  }),
  "node.name": define({
    kind: textKind("1 to 64 letters, digits, dots, dashes or underscores", /^[A-Za-z0-9._-]{1,64}$/),
    default: "node1",
    help: "Name of this node in the audit log; different on every node of one database.",
  }),
  "server.listen": define({
    kind: addressKind(),
    default: "127.0.0.1:8080",
    flag: "--listen",
    help: "Address and port of the REST API.",
  }),
  "server.listen_plain": define({
    kind: loopbackAddressKind(),
    default: "off",
    help: "A second listener that speaks plain HTTP beside one with TLS, for health checks and a proxy on this machine.",
  }),
  "server.plain_http": define({
    kind: choiceKind("anywhere", "loopback"),
    default: "anywhere",
    help: "Where server.listen may speak HTTP without TLS. Loopback: the start is refused elsewhere; anywhere: it is warned of.",
  }),
  "server.base_path": define({
    kind: textKind("/, or a path such as /mfa or /tools/mfa", /^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/),
    default: "/",
    help: "Path below which a proxy shows this server. Requests are understood with and without it, so the proxy may strip it or not.",
  }),
  "server.docs": define({
    kind: flagKind(),
    default: true,
    help: "Show the API to people at /docs/, from files of this server alone.",
  }),
  "server.drain_seconds": define({
    kind: integerKind(0, 600),
    default: 10,
    help: "How long a stop waits for requests that are running.",
  }),
  "server.body_limit": define({
    kind: bytesKind(1024, 1024 ** 3),
    default: "1MiB",
    help: "Largest request body.",
  }),
  "server.requests": define({
    kind: integerKind(1, 1_000_000),
    default: 1024,
    help: "Requests at work at once, fewer while the server is late; more are refused with 503 and Retry-After before anything of them is read. /healthz, /readyz and /metrics always pass.",
  }),
  ...connectionSettings,
  ...tlsSettings,
  ...webSettings,
  "metrics.allow": define({
    kind: listKind(cidrKind()),
    default: ["127.0.0.0/8", "::1/128"],
    help: "Who may read /metrics.",
  }),
  "messages.languages": define({
    kind: listKind(choiceKind(...languages)),
    default: languages,
    help: "Languages of messages to people, chosen by Accept-Language; the first where none of them is asked for. Audit trail and log are English, as are the texts that clients compare unless they ask for another language.",
  }),
  "response.signature": define({
    kind: choiceKind("always", "on-nonce", "never"),
    default: "on-nonce",
    help: "When answers carry an RSA signature: always, only if the request has a nonce, or never. A signature costs more than a login.",
  }),
  "hash.memory_kib": define({
    kind: integerKind(8, 1_048_576),
    default: 19456,
    help: "Argon2id memory of new PIN and password hashes, in KiB; existing hashes are raised at the next login.",
  }),
  "hash.iterations": define({
    kind: integerKind(1, 100),
    default: 2,
    help: "Argon2id passes of new PIN and password hashes.",
  }),
  "keys.pkcs11_module": define({
    kind: optionalPathKind(),
    default: "",
    path: true,
    fileOnly: true,
    help: "PKCS#11 library of a security module that holds keys (docs/keys.md). Empty: none. It runs inside the server, so only root or the server's account may be able to write it.",
  }),
  "keys.pkcs11_slot": define({
    kind: integerKind(-1, Number.MAX_SAFE_INTEGER),
    default: -1,
    help: "Slot of the token in that module; -1 takes the only one that holds a token.",
  }),
  "keys.pkcs11_token_label": define({
    kind: textKind("up to 32 characters", /^[^\0]{0,32}$/),
    default: "",
    help: "Label of the token, instead of its slot: slots change their numbers, labels stay. Empty: by slot.",
  }),
  "keys.pkcs11_key_label": define({
    kind: textKind("1 to 64 letters, digits, dots, dashes or underscores", /^[A-Za-z0-9._-]{1,64}$/),
    default: "ostiary",
    help: "Label of the keys made in the module; the one that seals the key ring has -ring after it.",
  }),
  "keys.pkcs11_pin_file": define({
    kind: optionalPathKind(),
    default: "",
    path: true,
    help: "File (mode 0600) whose first line is the PIN of the token. Empty: the server starts locked until an administrator sends the PIN to POST /system/hsm.",
  }),
  "keys.pkcs11_retries": define({
    kind: integerKind(0, 20),
    default: 5,
    help: "How often a failed operation of the module is tried again, within about a second. Modules on a network may have retries of their own, and then both multiply.",
  }),
  "keys.pkcs11_timeout_seconds": define({
    kind: integerKind(1, 300),
    default: 10,
    help: "How long a log-in waits for the module before it is answered with 503.",
  }),
  "vault.fast_workers": define({
    kind: integerKind(0, 256),
    default: 0,
    help: `Workers that check OTPs and seal secrets; ${workers}.`,
  }),
  "vault.dear_workers": define({
    kind: integerKind(0, 256),
    default: 0,
    help: `Workers that hash PINs and passwords; ${workers}.`,
  }),
  "vault.fast_queue": define({
    kind: integerKind(1, 10_000_000),
    default: 20000,
    help: "OTP checks that may wait; more are refused with 503.",
  }),
  "vault.dear_queue": define({
    kind: integerKind(1, 1_000_000),
    default: 64,
    help: "Password hashes that may wait; more are refused with 503.",
  }),
  "guard.user": define({
    kind: budgetKind(),
    default: "100/1800",
    help: "Failed checks that one user may collect in so many seconds, over all tokens.",
  }),
  "guard.source": define({
    kind: budgetKind(),
    default: "off",
    help: "Failed checks from one client address. Off: a proxy or RADIUS server speaks for many users.",
  }),
  "guard.auth": define({
    kind: budgetKind(),
    default: "20/60",
    help: "Attempts to log in at /auth from one client address.",
  }),
  "guard.trusted": define({
    kind: listKind(cidrKind()),
    default: [],
    help: "Clients that the guards by address do not count.",
  }),
  "auth.superuser_realms": define({
    kind: listKind(realmKind()),
    default: [],
    help: "Realms whose users are administrators when they log in to the API.",
  }),
  "auth.remote_user": define({
    kind: headerKind(),
    default: "off",
    help: "Header in which a web server names who it has logged in already; /auth then asks that user for no password. Heard only from the addresses of auth.remote_user_from.",
  }),
  "auth.remote_user_from": define({
    kind: listKind(cidrKind()),
    default: [],
    help: "Addresses of the web servers whose auth.remote_user header counts: the other end of the connection, whatever X-Forwarded-For says.",
  }),
  "auth.trusted_jwt": define({
    kind: trustedJwtKind(),
    default: [],
    help: "JWTs of other applications that are good without /auth, and whom each key may speak for; docs/access.md has an example.",
  }),
  "auth.api_key_required": define({
    kind: flagKind(),
    default: false,
    help: "/validate/check asks everybody for an API key of role validate.",
  }),
  "validate.tell_refusals": define({
    kind: flagKind(),
    default: true,
    help: "A refused log-in is told why, as privacyIDEA does (unknown user, no token, locked). Off: it looks like a wrong value, whatever the reason; the audit trail has it.",
  }),
  "users.passwd_directories": define({
    kind: listKind(pathKind()),
    default: ["<data>/users"],
    path: true,
    help: "Directories from which passwd resolvers may read files.",
  }),
  "import.gpg_directory": define({
    kind: pathKind(),
    default: "<data>/gpg",
    path: true,
    help: "OpenPGP keys, armoured or binary, one or more in a file; vendors encrypt seed files to them. Their public halves are shown by GET /system/gpgkeys.",
  }),
  "compat.reveal_secrets": define({
    kind: flagKind(),
    default: false,
    help: "Show administrators stored secrets of system settings in the clear, as privacyIDEA does, instead of `__CENSORED__`.",
  }),
  "tokens.cache": define({
    kind: integerKind(0, 100_000_000),
    default: 200000,
    help: "Tokens held in memory, some 320 bytes each beyond the first 20,000, which take 1,000. A log-in whose token is not there reads it from the disk.",
  }),
  "tokens.totp_window_seconds": define({
    kind: integerKind(0, 100_000_000),
    default: 100_000_000,
    help: "A TOTP is good at most so many seconds before and after its time, however wide the window of the token is.",
  }),
  ...auditSettings,
  "log.level": define({
    kind: choiceKind("debug", "info", "warning", "error"),
    default: "info",
    help: "Least important level that is logged.",
  }),
  "pin.memory": define({
    kind: flagKind(),
    default: true,
    help: "Remember in memory, as a keyed hash, a PIN that was right, so that the next login needs no Argon2.",
  }),
  "pin.reject_floor": define({
    kind: flagKind(),
    default: true,
    help: "Answer rejected checks no earlier than a PIN hash takes, so that timing tells nothing about the PIN.",
  }),
};

export type SettingKey = keyof typeof registry;

/** All settings with their types, under their keys: `settings["server.drain_seconds"]`. */
export type Settings = {
  readonly [K in SettingKey]: (typeof registry)[K] extends Setting<infer T> ? T : never;
};

/** Variables that are read before the settings are, and so are not settings. */
export const startVariables = {
  OSTIARY_DATA: "The data directory; as the flag --data.",
  OSTIARY_CONFIG: "The settings file; as the flag --config. Without it, ostiary.toml in the data directory, if there is one.",
} as const;

/** The environment variable of a setting: OSTIARY_GUARD_USER for guard.user. */
export function variableOf(key: string): string {
  return `OSTIARY_${key.toUpperCase().replaceAll(".", "_")}`;
}
