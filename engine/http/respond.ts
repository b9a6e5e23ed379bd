// The envelope on the wire (rest-api.md 1.1 and 1.2) and its signature (1.6).
import { randomInt } from "node:crypto";
import { type Authentication, VERSION, VERSION_NUMBER } from "@ostiary/shared/envelope.ts";
import type { ApiError } from "@ostiary/shared/errors.ts";
import { toPythonJson } from "../core/python-json.ts";
import type { Soon } from "../store/store.ts";
import { type Vault, VaultBusyError, VaultLockedError } from "../vault/vault.ts";
import { WorkersFailingError } from "../workers/failing.ts";
import type { Outgoing } from "./exchange.ts";
import { listLongValue, writeLong, writePythonLong } from "./long-answer.ts";

export type SignatureMode = "always" | "on-nonce" | "never";

export interface Signing {
  mode: SignatureMode;
  vault: Pick<Vault, "ready" | "signResponse">;
}

/** Clients ignore it, but it has to be a number of about 15 digits (L10416). One for the life of the process. */
const THREAD_ID = 140_000_000_000_000 + randomInt(1_000_000_000);

/**
 * What every answer of the API carries beside its type. Each header costs a log-in time, so there are no others: `no-cache` is the
 * contract's (rest-api.md 5, item 51), `no-store` keeps seeds and sessions out of caches and histories, `nosniff` keeps JSON from being
 * taken for a page. Policies on frames, scripts and referrers speak of pages, and those are the viewer's, which sends them.
 */
export const GUARDED = { "cache-control": "no-cache, no-store", "x-content-type-options": "nosniff" } as const;

const HEADERS = { "content-type": "application/json", ...GUARDED, vary: "accept-language" };

type Body = Record<string, unknown>;

/** `id` 2 is for the calls that carry result.authentication. `nowMs`: milliseconds since 1970. */
export function successBody(value: unknown, detail: Body | undefined, id: 1 | 2, nowMs: number): Body {
  const authentication: Authentication = value ? "ACCEPT" : detail?.multi_challenge ? "CHALLENGE" : "REJECT";
  const body: Body = {
    id,
    jsonrpc: "2.0",
    result: id === 2 ? { status: true, value, authentication } : { status: true, value },
    time: nowMs / 1000,
    version: VERSION,
    versionnumber: VERSION_NUMBER,
  };
  // `detail` is absent, not null, when there is nothing to tell.
  if (detail && Object.keys(detail).length > 0) body.detail = { ...detail, threadid: THREAD_ID };
  return body;
}

/** `message`: the error's, in the language of whom it is for. `detail` is null, not absent, when there is none; no value, no versionnumber. */
export function errorBody(error: ApiError, message: string, nowMs: number): Body {
  return {
    id: 1,
    jsonrpc: "2.0",
    result: { status: false, error: { code: error.spec.code, message } },
    detail: error.detail ? { ...error.detail, threadid: THREAD_ID } : null,
    time: nowMs / 1000,
    version: VERSION,
  };
}

/** Serialises, and signs where the setting and the request ask for it. `nonce`: what the client sent, if it did. */
export function respond(
  body: Body,
  status: number,
  nonce: string | number | undefined,
  signing: Signing,
  extra?: Record<string, string>,
): Soon<Outgoing> {
  const headers = extra ? { ...HEADERS, ...extra } : HEADERS;
  const items = listLongValue(body);
  if (items) return respondLong(body, items, status, headers, nonce, signing);
  const send = (whole: Body): Outgoing => ({ status, headers, body: JSON.stringify(whole) });
  return isSigned(nonce, signing) ? sign(body, nonce, signing).then(send) : send(body);
}

function isSigned(nonce: string | number | undefined, { mode, vault }: Signing): boolean {
  return (mode === "always" || (mode === "on-nonce" && nonce !== undefined)) && vault.ready;
}

/** Why an answer goes out unsigned: rather than not at all. */
const UNSIGNED = [VaultBusyError, VaultLockedError, WorkersFailingError];

/** RSA-PSS over the canonical text; the nonce is part of what is signed. */
async function sign(body: Body, nonce: string | number | undefined, signing: Signing): Promise<Body> {
  const unsigned = nonce === undefined ? body : { ...body, nonce };
  const signature = await makeSignature(new TextEncoder().encode(toPythonJson(unsigned)), signing);
  return signature === null ? body : { ...unsigned, signature };
}

/** Null: it goes out unsigned. */
async function makeSignature(text: Uint8Array, { vault }: Signing): Promise<string | null> {
  try {
    return `rsa_sha256_pss:${(await vault.signResponse(text)).toHex()}`;
  } catch (error) {
    if (UNSIGNED.some((kind) => error instanceof kind)) return null;
    throw error;
  }
}

/** The same answer, the same bytes; a value that is a long list is written in slices. */
async function respondLong(
  body: Body,
  items: readonly unknown[],
  status: number,
  headers: Record<string, string>,
  nonce: string | number | undefined,
  signing: Signing,
): Promise<Outgoing> {
  let whole = body;
  if (isSigned(nonce, signing)) {
    const unsigned = nonce === undefined ? body : { ...body, nonce };
    const signature = await makeSignature(await writePythonLong(unsigned, items), signing);
    if (signature !== null) whole = { ...unsigned, signature };
  }
  return { status, headers, body: await writeLong(whole, items) };
}
