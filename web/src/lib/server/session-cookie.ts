// The cookie of a session: when it is good, when it is written again, how it ends.
import type { Cookies } from "@sveltejs/kit";
import type { Site } from "../../../server/site.ts";
import { newSessionId, openSession, type Session, sealSession, unsealSession } from "./session.ts";

/** A session that was used is sealed again after so long; until then its cookie is as it was. */
const RENEW_AFTER_MS = 30_000;

/**
 * `__Host-`: no other host and no page over HTTP can have set it (RFC 6265bis 4.1.3.2); the prefix wants Path=/, so below a path
 * it is `__Secure-`.
 */
export function cookieName({ secure, base }: Pick<Site, "secure" | "base">): string {
  return `${secure ? (base === "" ? "__Host-" : "__Secure-") : ""}ostiary`;
}

/**
 * SameSite=Lax, not Strict: a link in a mail or a chat must find the person logged in. Nothing changes by a GET, and calls that change
 * something are asked where they come from (call-guard.ts).
 */
const attributes = ({ secure, base }: Site) => ({ path: `${base}/`, httpOnly: true, sameSite: "lax" as const, secure });

/** The session of a request; null: there is none, or it is over. */
export function readSession(cookies: Cookies, site: Site, now: number): Session | null {
  const name = cookieName(site);
  const text = cookies.get(name);
  if (!text) return null;
  const session = unsealSession(text, site.key, name);
  const isOver =
    session === null || session.expiresAt <= now || session.seenAt + site.idleMs <= now || site.ended.has(session.id);
  return isOver ? null : session;
}

/** Begins a session, under a new number and a new cookie: what a browser brought along before is worth nothing. */
export function beginSession(jwt: string, cookies: Cookies, site: Site, now: number): Session | null {
  const session = openSession(jwt, newSessionId(), now);
  if (session) writeCookie(session, cookies, site);
  return session;
}

/** The session was used. */
export function touchSession(session: Session, cookies: Cookies, site: Site, now: number): void {
  if (now - session.seenAt < RENEW_AFTER_MS) return;
  session.seenAt = now;
  writeCookie(session, cookies, site);
}

/** Ends it here: the cookie goes, and a copy of it is refused as long as its JWT would be good. */
export function endSession(session: Session | null, cookies: Cookies, site: Site, now: number): void {
  for (const [id, until] of site.ended) if (until <= now) site.ended.delete(id);
  if (session) site.ended.set(session.id, session.expiresAt);
  cookies.delete(cookieName(site), attributes(site));
}

function writeCookie(session: Session, cookies: Cookies, site: Site): void {
  const name = cookieName(site);
  cookies.set(name, sealSession(session, site.key, name), attributes(site));
}
