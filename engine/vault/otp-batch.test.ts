import { describe, expect, test } from "bun:test";
import { ANSWER, answerBatch, encodeBatch, type SmallJob } from "./otp-batch.ts";

const search: SmallJob = {
  kind: "search",
  sealed: new Uint8Array([1, 2, 3]),
  context: "token|TOTP0001|key",
  candidate: "755224",
  algorithm: "sha512",
  digits: 8,
  from: 0,
  until: Number.MAX_SAFE_INTEGER,
  first: 59_000_000,
};

function roundTrip(jobs: SmallJob[]): SmallJob[] {
  const seen: SmallJob[] = [];
  answerBatch(encodeBatch(jobs), (job) => seen.push({ ...job, sealed: job.sealed.slice() }));
  return seen;
}

describe("packed batch", () => {
  test("every field arrives as it was sent", () => {
    const jobs: SmallJob[] = [
      search,
      { ...search, kind: "equals", algorithm: "sha1", sealed: new Uint8Array(), context: "", candidate: "" },
      { ...search, algorithm: "sha256", context: "Schlüssel|漢字|🔑", candidate: "\uFEFFé\u0000🔑", first: -1 },
      { ...search, sealed: new Uint8Array(70_000).fill(9), candidate: "x".repeat(70_000) },
    ];
    expect(roundTrip(jobs)).toEqual(jobs);
    expect(roundTrip([])).toEqual([]);
  });

  test("answers stand in the order of the jobs; an exception costs one job", () => {
    const answers = answerBatch(encodeBatch([search, { ...search, first: 7 }, { ...search, first: 2 ** 53 - 1 }]), (job) => {
      if (job.first === 7) throw new Error("one bad job");
      return job.first;
    });
    expect([...answers]).toEqual([59_000_000, ANSWER.fault, 2 ** 53 - 1]);
  });

  test("a cut or foreign buffer is a RangeError, never a wrong answer", () => {
    const whole = encodeBatch([search, search]);
    const used = 4 + 2 * (40 + 3 + search.context.length + 6);
    for (let length = 0; length < used; length++)
      expect(() => answerBatch(whole.subarray(0, length), () => 0)).toThrow(RangeError);
    expect(() => answerBatch(new Uint8Array(200).fill(255), () => 0)).toThrow(RangeError);
  });
});
