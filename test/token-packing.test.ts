import { expect, test } from "bun:test";
import fc from "fast-check";
import { createReader, createWriter } from "../engine/store/packing.ts";
import type { TokenRecord } from "../engine/store/store.ts";
import { createTokenPacking } from "../engine/store/token-packing.ts";

// Halves of surrogate pairs, too: what a column holds and what a caller asks for is any string.
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("", "ÿ", "Ā", "uid=jürgen,dc=日本", "\ud800"));
const whole = fc.oneof(
  fc.integer({ min: -200, max: 200 }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(0, -0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 1_790_000_000_000, 2 ** 51 - 1, 2 ** 51, 1 - 2 ** 51, -(2 ** 51), 0.5),
);
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

const record: fc.Arbitrary<TokenRecord> = fc.record({
  id: whole,
  serial: text,
  type: text,
  version: whole,
  active: fc.boolean(),
  revoked: fc.boolean(),
  locked: fc.boolean(),
  rolloutState: text,
  pinHash: orNull(text),
  keySealed: orNull(fc.uint8Array({ maxLength: 300 })),
  otpLength: whole,
  algorithm: fc.constantFrom("sha1", "sha256", "sha512"),
  counter: whole,
  countWindow: whole,
  syncWindow: whole,
  timeStep: whole,
  timeWindow: whole,
  timeShift: whole,
  failCount: whole,
  maxFail: whole,
  failedSince: orNull(whole),
  authCount: whole,
  authCountMax: orNull(whole),
  authSuccess: whole,
  authSuccessMax: orNull(whole),
  validFrom: orNull(whole),
  validUntil: orNull(whole),
  lastAuth: orNull(whole),
  resyncCounter: orNull(whole),
  resyncDue: orNull(whole),
  owner: orNull(fc.record({ resolver: text, userId: text, realm: text })),
});

test("what is read is what was written, wherever it lies, also beyond the word list", () => {
  const packing = createTokenPacking();
  const writer = createWriter();
  const property = fc.property(record, fc.nat(9), (given, start) => {
    packing.write(given, writer);
    const bytes = writer.take();
    const memory = Buffer.concat([Buffer.alloc(start), bytes, Buffer.alloc(9, 0xff)]);
    const read = packing.read(createReader(memory, start));
    expect(read).toEqual(given);
    expect(Object.is(read.counter, given.counter)).toBe(true);
    // A copy: the memory it came from is used again.
    memory.fill(0);
    expect(read.keySealed).toEqual(given.keySealed);
  });
  fc.assert(property, { numRuns: 2000 });
});

test("a record without its texts and key takes less than 50 bytes", () => {
  const writer = createWriter();
  const zeros = Object.fromEntries(
    "version otpLength countWindow syncWindow timeStep timeWindow timeShift failCount maxFail authCount authSuccess"
      .split(" ")
      .map((name) => [name, 9]),
  );
  createTokenPacking().write(
    {
      ...zeros,
      id: 1_000_000,
      counter: 60_000_000,
      serial: "",
      type: "totp",
      rolloutState: "",
      algorithm: "sha1",
      pinHash: null,
      keySealed: null,
      owner: { resolver: "people", userId: "", realm: "staff" },
      lastAuth: 1_790_000_000_000,
      failedSince: null,
      authCountMax: null,
      authSuccessMax: null,
      validFrom: null,
      validUntil: null,
      resyncCounter: null,
      resyncDue: null,
    } as unknown as TokenRecord,
    writer,
  );
  expect(writer.take().length).toBeLessThan(50);
});
