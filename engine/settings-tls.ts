// The settings of TLS; docs/tls.md is the page to them.
import { define, type Setting } from "./setting.ts";
import {
  type Address,
  choiceKind,
  flagKind,
  integerKind,
  isLoopback,
  listKind,
  optionalPathKind,
  textKind,
} from "./setting-kinds.ts";

export const tlsSettings = {
  "tls.certificate_file": define({
    kind: optionalPathKind(),
    default: "",
    path: true,
    help: "Certificate of this server, PEM, followed by those that lead to its CA. With it server.listen speaks HTTPS; renewed files are taken up without a restart (docs/tls.md).",
  }),
  "tls.key_file": define({
    kind: optionalPathKind(),
    default: "",
    path: true,
    help: "Private key of the certificate, PEM; a key that other accounts can read is refused.",
  }),
  "tls.passphrase_file": define({
    kind: optionalPathKind(),
    default: "",
    path: true,
    help: "File (mode 0600) whose first line is the passphrase of the private key. Empty: the key has none.",
  }),
  "tls.minimum_version": define({
    kind: choiceKind("1.2", "1.3"),
    default: "1.2",
    help: "Oldest version of TLS that is spoken.",
  }),
  "tls.renewal_seconds": define({
    kind: integerKind(1, 86400),
    default: 30,
    help: "How often the files are looked at for renewed ones; SIGHUP looks at once.",
  }),
  "tls.hsts_seconds": define({
    kind: integerKind(0, 63_072_000),
    default: 31_536_000,
    help: "How long browsers shall come by HTTPS only (RFC 6797). Sent over TLS, and behind a proxy if tls.proxied says so. 0: not sent.",
  }),
  "tls.proxied": define({
    kind: flagKind(),
    default: false,
    help: "A proxy in front of this server speaks TLS to all clients: answers carry HSTS although they leave here as plain HTTP.",
  }),
  "tls.client_certificates": define({
    kind: choiceKind("off", "optional", "required"),
    default: "off",
    help: "Whether clients show a certificate of tls.client_ca_file. Optional: who shows none is served, who shows a wrong one is not.",
  }),
  "tls.client_ca_file": define({
    kind: optionalPathKind(),
    default: "",
    path: true,
    help: "Certificates of the CAs of clients, PEM.",
  }),
  "tls.client_allow": define({
    kind: listKind(textKind("a common name, or sha256: and the fingerprint in 64 hexadecimal digits", /^[^\0,]{1,200}$/)),
    default: [],
    help: "Clients among those of the CA that are let in. Empty: all of them.",
  }),
};

type TlsValues = { readonly [K in keyof typeof tlsSettings]: (typeof tlsSettings)[K] extends Setting<infer T> ? T : never } & {
  readonly "server.listen": Address;
  readonly "server.plain_http": "anywhere" | "loopback";
};

/** Settings that need each other: what is half said must not leave a listener open that somebody believes to be closed. */
export function findTlsFaults(values: TlsValues): string[] {
  const faults: string[] = [];
  const { "tls.certificate_file": certificate, "tls.key_file": key, "tls.client_certificates": clients } = values;
  if ((certificate === "") !== (key === ""))
    faults.push("tls.certificate_file and tls.key_file belong together: set both or none");
  if (values["tls.passphrase_file"] !== "" && key === "") faults.push("tls.passphrase_file: tls.key_file is missing");
  if (clients !== "off" && certificate === "") faults.push("tls.client_certificates: tls.certificate_file is missing");
  if (clients !== "off" && values["tls.client_ca_file"] === "")
    faults.push("tls.client_certificates: tls.client_ca_file must say whose certificates are good");
  if (clients === "off" && values["tls.client_allow"].length > 0)
    faults.push("tls.client_allow: tls.client_certificates is off, so nobody is asked for a certificate");
  if (values["server.plain_http"] === "loopback" && certificate === "" && !isLoopback(values["server.listen"].host))
    faults.push(
      'server.listen: plain HTTP beyond this machine is refused (server.plain_http); set tls.certificate_file, or allow it by server.plain_http = "anywhere" where only a proxy reaches it',
    );
  return faults;
}
