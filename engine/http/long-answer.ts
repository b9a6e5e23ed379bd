// An envelope whose value is a long list, written in slices: byte for byte what it is when it is written at once. The envelope is
// written around an empty list, and the items, piece by piece, into that.
import { toPythonJson } from "../core/python-json.ts";
import { startPace } from "./pace.ts";

type Body = Record<string, unknown>;

/** Items of a list that are written at once: well below a millisecond. */
const ITEMS = 100;

/** The list, if `result.value` is one that is worth slices. */
export function listLongValue({ result }: Body): readonly unknown[] | null {
  const value = (result as Body).value;
  return Array.isArray(value) && value.length > ITEMS ? value : null;
}

/** JSON. What stands before the value holds no text of ours (successBody), so the first empty list is it. */
export function writeLong(body: Body, items: readonly unknown[], pace = startPace()): Promise<Uint8Array> {
  const frame = JSON.stringify(emptied(body));
  return fill(frame, frame.indexOf(EMPTY) + 1 + EMPTY.indexOf("["), items, (slice) => JSON.stringify(slice), ",", pace);
}

/** The text that is signed: keys are sorted, so what stands behind the value holds no lists and no text but the version. */
export function writePythonLong(body: Body, items: readonly unknown[], pace = startPace()): Promise<Uint8Array> {
  const frame = toPythonJson(emptied(body));
  return fill(frame, frame.lastIndexOf(SPACED) + 1 + SPACED.indexOf("["), items, toPythonJson, ", ", pace);
}

const EMPTY = '"value":[]';
const SPACED = '"value": []';

const emptied = (body: Body): Body => ({ ...body, result: { ...(body.result as Body), value: [] } });

async function fill(
  frame: string,
  at: number,
  items: readonly unknown[],
  write: (slice: readonly unknown[]) => string,
  comma: string,
  pace: () => Promise<void> | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const encoder = new TextEncoder();
  pieces.push(encoder.encode(frame.slice(0, at)));
  for (let from = 0; from < items.length; from += ITEMS) {
    const text = write(items.slice(from, from + ITEMS)).slice(1, -1);
    pieces.push(encoder.encode(from === 0 ? text : comma + text));
    const rest = pace();
    if (rest) await rest;
  }
  pieces.push(encoder.encode(frame.slice(at)));
  return concat(pieces);
}

/** Memory of its own, none of a pool: whoever takes it may send it to a thread. */
function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
