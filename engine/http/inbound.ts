// A request as it came in, beside the Request that Elysia routes: the peer's address, the query as it was sent, and the body,
// which for GET a Request can not carry (clients-contract.md W2).
import { ApiError } from "@ostiary/shared/errors.ts";

export interface Inbound {
  method: string;
  /** Without the leading "?". */
  query: string;
  headers: Headers;
  peer: string;
  /** The body if it was already read; otherwise it is in `request`. */
  body: Uint8Array | null;
  request: Request;
}

const inbounds = new WeakMap<Request, Inbound>();

export function attachInbound(inbound: Inbound): Request {
  inbounds.set(inbound.request, inbound);
  return inbound.request;
}

/** What came in with this request. Requests made by hand (tests) are their own inbound, from nowhere. */
export function inboundOf(request: Request): Inbound {
  const known = inbounds.get(request);
  if (known) return known;
  const { method, headers } = request;
  return { method, query: queryOf(request.url), headers, peer: "", body: null, request };
}

export function queryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark < 0 ? "" : url.slice(mark + 1);
}

/** The body, or null if there is none. Error: 413 for more than `limit` bytes, before they are all in memory. */
export async function readBody({ body, headers, request }: Inbound, limit: number): Promise<Uint8Array | null> {
  if (body) return checkSize(body, limit);
  if (!request.body) return null;
  const announced = headers.get("content-length");
  if (announced !== null) {
    if (Number(announced) > limit) throw new ApiError("body_too_large", { limit });
    return checkSize(await readAll(() => request.bytes()), limit);
  }
  return readAll(() => readStream(request.body, limit));
}

function checkSize(bytes: Uint8Array, limit: number): Uint8Array | null {
  if (bytes.length > limit) throw new ApiError("body_too_large", { limit });
  return bytes.length > 0 ? bytes : null;
}

/** A body in chunks says nothing of its size, so it is counted while it comes. */
async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (stream) {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > limit) throw new ApiError("body_too_large", { limit });
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

/** The client went away or sent broken chunks: nobody will read the answer, but it must not be a 500 in the log. */
async function readAll<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError("body_unreadable", { reason: "it ended early" }, { cause });
  }
}
