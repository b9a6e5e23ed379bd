// Fuzzes one decoder: valid inputs are changed, what gives an answer of a new shape is kept and changed further. Nothing here measures
// coverage (no tool for it runs on Bun): an answer nobody saw before stands for a branch nobody was in before.
//
//   OSTIARY_FUZZ_SECONDS=60 bun test test/fuzz-decoders-*.test.ts     every decoder for a minute, from a seed of the clock
//   OSTIARY_FUZZ_SEED=7                                               another seed, or that of a failure
import { expect } from "bun:test";
import { createDice, mutate } from "./mutate.ts";

export interface Decoder {
  /** Valid inputs; texts are UTF-8. */
  seeds: readonly (string | Uint8Array)[];
  /** Words of the grammar. */
  tokens?: readonly string[];
  /** Decodes, and checks what came out; what it gives is looked at for its shape only. */
  run(input: Buffer): unknown;
  /** The errors it may raise; any other is a find. */
  errors: readonly (abstract new (...rest: never[]) => Error)[] | ((error: Error) => boolean);
  /** Longest time for one input. */
  ms?: number;
  /** Inputs in the short form; 1500 if left out. */
  runs?: number;
}

const seconds = Number(process.env.OSTIARY_FUZZ_SECONDS ?? 0);
const seed = Number(process.env.OSTIARY_FUZZ_SEED ?? (seconds > 0 ? Date.now() % 2 ** 32 : 1));
const USUAL_MS = 500;
const MOST_CORPUS = 500;

export const fuzzPatience = seconds * 1000 + 60_000;

/** Fails with the seed and the input of the first find. */
export async function fuzzDecoder(name: string, decoder: Decoder): Promise<void> {
  const dice = createDice(seed);
  const corpus: Buffer[] = decoder.seeds.map((one) => Buffer.from(one as string));
  const own = (decoder.tokens ?? []).map((token) => Buffer.from(token));
  const seen = new Set<string>();
  for (const valid of corpus) seen.add(await tryOne(name, decoder, valid));
  expect([...seen].filter((shape) => !shape.startsWith("!"))).not.toEqual([]);
  const until = performance.now() + seconds * 1000;
  for (let run = 0; seconds > 0 ? performance.now() < until : run < (decoder.runs ?? 1500); run++) {
    const input = mutate(corpus, dice, own);
    const shape = await tryOne(`${name}, input ${run}`, decoder, input);
    if (seen.has(shape)) continue;
    seen.add(shape);
    if (corpus.length < MOST_CORPUS) corpus.push(input);
  }
}

/** The shape of the answer. Throws for an error of the wrong kind, and for an input that takes too long twice. */
async function tryOne(what: string, { run, errors, ms = USUAL_MS }: Decoder, input: Buffer): Promise<string> {
  const tell = (fault: string, cause?: unknown) =>
    new Error(
      `${what}: ${fault}\n  OSTIARY_FUZZ_SEED=${seed}\n  ${input.length} bytes, base64: ${input.subarray(0, 3000).toString("base64")}`,
      { cause },
    );
  for (let attempt = 0; ; attempt++) {
    const began = performance.now();
    let shape: string;
    try {
      shape = shapeOf(await run(Buffer.from(input)));
    } catch (error) {
      const known =
        error instanceof Error && (typeof errors === "function" ? errors(error) : errors.some((kind) => error instanceof kind));
      if (!known) throw tell(`raises ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, error);
      shape = `!${error.message.replace(/\d+/g, "0").slice(0, 200)}`;
    }
    const took = performance.now() - began;
    if (took < ms) return shape;
    // Once may be the machine.
    if (attempt === 1) throw tell(`takes ${Math.round(took)} ms`);
  }
}

/** Kinds, names and rough lengths, without values. */
function shapeOf(value: unknown, depth = 3): string {
  if (typeof value === "string") return `s${Math.min(4, value.length)}`;
  if (typeof value === "number") return Number.isInteger(value) ? "i" : "n";
  if (typeof value !== "object" || value === null || depth === 0) return String(value).slice(0, 5);
  const members = value instanceof Map ? [...value] : Object.entries(value);
  const shown = members.slice(0, 6).map(([key, member]) => `${Array.isArray(value) ? "" : key}:${shapeOf(member, depth - 1)}`);
  return `{${Math.min(6, members.length)} ${shown.join(" ")}}`.slice(0, 300);
}
