// The TLS of one server: pair, front and watch put together from the settings.
import type { Settings } from "../config.ts";
import { openLog } from "../log.ts";
import { readPair } from "../services/certificate.ts";
import type { Engine } from "../services/engine.ts";
import { type CertificateWatch, watchCertificate } from "./certificate-watch.ts";
import { createTlsFront, type TlsFront } from "./tls-front.ts";

export interface Tls extends CertificateWatch {
  front: TlsFront;
}

/** Errors: CertificateError for files that can not be served. */
export function openTls({ settings, certificate: served, now, tick }: Engine): Tls {
  const log = openLog("tls");
  const pair = readPair(settings);
  const front = createTlsFront(settings, pair, log);
  return { front, ...watchCertificate(pair, { settings, front, served, log, now, tick }) };
}

/** RFC 6797 7.2: never over plain HTTP, unless a proxy makes HTTPS of it. One object for all answers. */
export function hstsHeaders(settings: Settings): Readonly<Record<string, string>> | undefined {
  const seconds = settings["tls.hsts_seconds"];
  if (seconds === 0 || (settings["tls.certificate_file"] === "" && !settings["tls.proxied"])) return undefined;
  return { "strict-transport-security": `max-age=${seconds}` };
}
