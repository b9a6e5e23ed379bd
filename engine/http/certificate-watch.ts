// Takes up renewed certificate files while the server runs, and says in time when nobody renews them.
import type { Settings } from "../config.ts";
import type { Log } from "../log.ts";
import { CertificateError, type Pair, readPair, type ServedCertificate, stampTlsFiles } from "../services/certificate.ts";
import { EXPIRY_DAYS } from "../services/doctor/certificate.ts";
import type { TlsFront } from "./tls-front.ts";

const DAY_MS = 86_400_000;
export interface CertificateWatch {
  /** Looks now, as SIGHUP asks for. */
  look(): void;
  stop(): void;
}

interface Deps {
  settings: Settings;
  front: TlsFront;
  served: ServedCertificate;
  log: Log;
  now: () => number;
  /** Monotonic milliseconds. */
  tick: () => number;
}

/** `first`: the pair that `front` was made with. */
export function watchCertificate(first: Pair, { settings, front, served, log, now, tick }: Deps): CertificateWatch {
  let stamp = stampTlsFiles(settings);
  let pair = first;
  /** Why the files there now are not served; tried again at every look, told once: a change of modes leaves no trace in a stamp. */
  let fault: string | null = null;
  /** By the clock that only runs: one that is set back must not silence the warning. */
  let warnAt = Number.NEGATIVE_INFINITY;
  served.expiresAt = first.expiresAt;

  function look(always: boolean): void {
    const seen = stampTlsFiles(settings);
    if (always || seen !== stamp || fault !== null) {
      stamp = seen;
      renew();
    }
    warn();
  }

  function renew(): void {
    try {
      const renewed = readPair(settings);
      if (renewed.expiresAt <= now() && pair.expiresAt > now()) throw new CertificateError("the new certificate has expired");
      front.renew(renewed);
      pair = renewed;
      served.expiresAt = renewed.expiresAt;
      fault = null;
      warnAt = Number.NEGATIVE_INFINITY;
      log.info("certificate taken up", { fingerprint: renewed.fingerprint, expires: new Date(renewed.expiresAt) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === fault) return;
      fault = reason;
      served.refused++;
      log.error("renewed certificate refused, the old one stays", { reason });
    }
  }

  function warn(): void {
    const days = Math.floor((pair.expiresAt - now()) / DAY_MS);
    if (days >= EXPIRY_DAYS.warning || tick() < warnAt) return;
    warnAt = tick() + DAY_MS;
    const fields = { expires: new Date(pair.expiresAt), days };
    if (days < 0) log.error("the certificate has expired", fields);
    else if (days < EXPIRY_DAYS.problem) log.error("the certificate expires soon", fields);
    else log.warn("the certificate expires soon", fields);
  }

  warn();
  const timer = setInterval(() => look(false), settings["tls.renewal_seconds"] * 1000);
  timer.unref();
  return { look: () => look(true), stop: () => clearInterval(timer) };
}
