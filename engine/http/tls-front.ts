// TLS in front of the HTTP listener: node:tls takes the connections and hands them to node:http when they are encrypted.
// node:https of Bun 1.4.5 can not change its certificate; setSecureContext of node:tls can, for the connections to come, and leaves
// those that are open as they are. A connection that is handed over is a socket like any other: address, timeouts and limits hold.
import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { Settings } from "../config.ts";
import type { Log } from "../log.ts";
import type { Pair } from "../services/certificate.ts";
import { type Sweep, startSweep } from "./connection-sweep.ts";
import type { ConnectionBounds } from "./connections.ts";

export interface TlsFront {
  /** Opens nothing yet; who listens on it gets what `server` answers. */
  attach(server: HttpServer, bounds: ConnectionBounds): { listener: Server; sweep: Sweep };
  /** Connections from now on get this pair. Throws what the library says of a pair it can not use; then the old one stays. */
  renew(pair: Pair): void;
}

/** AEAD with forward secrecy and nothing else. TLS 1.3 has no others. */
const CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
].join(":");

/** A refused client comes again at once: one line a minute is enough. */
const QUIET_MS = 60_000;

export function createTlsFront(settings: Settings, first: Pair, log: Log): TlsFront {
  let current = first;
  const fronts: Server[] = [];
  const mode = settings["tls.client_certificates"];
  const allowed = new Set(settings["tls.client_allow"].map(canonical));
  let quietUntil = 0;

  function options({ certificate, key, clientCas }: Pair): TlsOptions {
    return {
      cert: certificate,
      key,
      ciphers: CIPHERS,
      honorCipherOrder: true,
      minVersion: settings["tls.minimum_version"] === "1.3" ? "TLSv1.3" : "TLSv1.2",
      ...(clientCas === null ? {} : { ca: clientCas, requestCert: true, rejectUnauthorized: mode === "required" }),
    };
  }

  function admit(socket: TLSSocket): boolean {
    if (mode === "off") return true;
    const shown = socket.getPeerCertificate();
    if (!shown || Object.keys(shown).length === 0) return mode === "optional";
    const { CN: name } = shown.subject ?? {};
    if (
      socket.authorized &&
      (allowed.size === 0 || allowed.has(`sha256:${plain(shown.fingerprint256)}`) || allowed.has(String(name)))
    )
      return true;
    const now = performance.now();
    if (now >= quietUntil) {
      quietUntil = now + QUIET_MS;
      log.warn("client certificate refused", {
        client: socket.remoteAddress,
        name: String(name),
        fingerprint: shown.fingerprint256,
        reason: socket.authorized ? "not in tls.client_allow" : String(socket.authorizationError),
      });
    }
    return false;
  }

  return {
    attach(server, bounds) {
      const sweep = startSweep(server, bounds);
      const front = createServer({ ...options(current), handshakeTimeout: bounds.headMs }, (socket) => {
        if (!admit(socket)) return void socket.destroy();
        socket.on("error", () => socket.destroy());
        sweep.watch(socket);
        server.emit("connection", socket);
      });
      front.on("tlsClientError", (error, socket: Socket) => {
        log.debug("handshake failed", { client: socket.remoteAddress, reason: (error as NodeJS.ErrnoException).code });
        socket.destroy();
      });
      fronts.push(front);
      return { listener: front, sweep };
    },
    renew(pair) {
      for (const front of fronts) front.setSecureContext(options(pair));
      current = pair;
    },
  };
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase();
const canonical = (entry: string): string => (/^sha256:/i.test(entry) ? `sha256:${plain(entry.slice(7))}` : entry);
