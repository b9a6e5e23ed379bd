// Reads the bodies of one listener, no more of each than its route allows and no more of all of them than `budget`: thousands of
// clients that each send all but the last byte of a body would otherwise hold thousands of bodies.
import type { IncomingMessage } from "node:http";
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";

/** Errors: 905 for a body that breaks off or has no plain framing, 413 for one over `limit` bytes, 503 for one that has to make room. */
export type ReadBody = (message: IncomingMessage, limit: number) => Promise<Uint8Array>;

interface Pending {
  bytes: Uint8Array;
  /** Of `bytes`, those that came. */
  size: number;
  giveUp(error: ApiError): void;
}

const NOTHING = new Uint8Array(0);
const FIRST_ROOM = 4096;

/** @param budget bytes that bodies on their way may take together */
export function createBodyReader(budget: number): ReadBody {
  const pending = new Set<Pending>();
  let held = 0;

  function release(body: Pending): void {
    if (!pending.delete(body)) return;
    held -= body.bytes.length;
  }

  /** A log-in is small, so it is never the one that goes. */
  function makeRoom(): void {
    while (held > budget) {
      let largest: Pending | undefined;
      for (const body of pending) if (!largest || body.bytes.length > largest.bytes.length) largest = body;
      if (!largest) return;
      largest.giveUp(new ApiError("busy", { seconds: 1 }, { retryAfter: 1 }));
    }
  }

  /** Grows by doubling: a chunk of one byte each must not cost an object each. */
  function append(body: Pending, chunk: Uint8Array, most: number): void {
    const needed = body.size + chunk.length;
    if (needed > body.bytes.length) {
      const roomier = new Uint8Array(Math.max(needed, Math.min(most, body.bytes.length * 2), Math.min(most, FIRST_ROOM)));
      roomier.set(body.bytes.subarray(0, body.size));
      held += roomier.length - body.bytes.length;
      body.bytes = roomier;
    }
    body.bytes.set(chunk, body.size);
    body.size = needed;
  }

  return (message, limit) => {
    const announced = message.headers["content-length"];
    if (announced === undefined && message.headers["transfer-encoding"] === undefined) return Promise.resolve(NOTHING);
    if (hasOddFraming(message)) return Promise.reject(unreadable("body_no_framing"));
    if (announced !== undefined && Number(announced) > limit) return Promise.reject(new ApiError("body_too_large", { limit }));
    return new Promise((resolve, reject) => {
      const body: Pending = {
        bytes: NOTHING,
        size: 0,
        giveUp(error) {
          release(body);
          body.bytes = NOTHING;
          message.removeListener("data", take);
          message.pause();
          reject(error);
        },
      };
      const take = (chunk: Uint8Array) => {
        if (body.size + chunk.length > limit) return body.giveUp(new ApiError("body_too_large", { limit }));
        // Most bodies are one chunk, which stays as it is.
        if (body.size + chunk.length === Number(announced) && body.size === 0) {
          body.bytes = chunk;
          body.size = chunk.length;
          return;
        }
        pending.add(body);
        append(body, chunk, announced === undefined ? limit : Number(announced));
        if (held > budget) makeRoom();
      };
      // The client went away or sent broken chunks: nobody will read the answer, but it must not be a 500 in the log.
      const breakOff = () => {
        release(body);
        if (!message.complete) reject(unreadable("body_ended_early"));
      };
      message.on("data", take);
      message.on("end", () => {
        release(body);
        resolve(body.size === body.bytes.length ? body.bytes : body.bytes.subarray(0, body.size));
      });
      message.on("error", breakOff);
      message.on("close", breakOff);
    });
  };
}

/**
 * A transfer coding besides chunked, or one in HTTP/1.0, is understood by some and not by others (RFC 9112 6.1 and 11.2), so
 * nobody may send a second request behind it.
 */
export function hasOddFraming({ headers, httpVersion }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  return coding !== undefined && (coding.toLowerCase() !== "chunked" || httpVersion === "1.0");
}

const unreadable = (reason: "body_no_framing" | "body_ended_early") =>
  new ApiError("body_unreadable", { reason: phrase(reason) });
