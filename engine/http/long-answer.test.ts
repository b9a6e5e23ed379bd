import { describe, expect, test } from "bun:test";
import { toPythonJson } from "../core/python-json.ts";
import { listLongValue, writeLong, writePythonLong } from "./long-answer.ts";
import { respond, type Signing, successBody } from "./respond.ts";

const NOW = 1_764_000_000_123;
const HOSTILE = '"value":[] "value": [] \\ \u2028 \ud83d\ude00 Ä';
const users = Array.from({ length: 1050 }, (_, n) => ({
  username: `u${n}`,
  description: HOSTILE,
  n: n / 4,
  editable: false,
  none: null,
}));
const detail = { value: [], message: HOSTILE, nested: { value: [] } };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("a long list in slices, byte for byte as at once", () => {
  const bodies = [
    successBody(users, undefined, 1, NOW),
    successBody(users, detail, 2, NOW),
    { ...successBody(users, detail, 1, NOW), nonce: HOSTILE },
  ];
  test.each(bodies)("envelope %#", async (body) => {
    expect(text(await writeLong(body, users))).toBe(JSON.stringify(body));
    expect(text(await writePythonLong(body, users))).toBe(toPythonJson(body));
  });

  test("short lists, other values and errors are written at once", () => {
    expect(listLongValue(successBody(users.slice(0, 100), undefined, 1, NOW))).toBeNull();
    expect(listLongValue(successBody({ list: users }, undefined, 1, NOW))).toBeNull();
    expect(listLongValue({ result: { status: false, error: {} } })).toBeNull();
    expect(listLongValue(bodies[0] ?? {})).toBe(users);
  });

  test("it may rest after every hundred", async () => {
    let rests = 0;
    const pace = async () => void rests++;
    await writeLong(bodies[0] ?? {}, users, pace);
    expect(rests).toBe(11);
    await writePythonLong(bodies[0] ?? {}, users, pace);
    expect(rests).toBe(22);
  });
});

describe("rest-api.md 1.6 a signed long answer", () => {
  const signed: string[] = [];
  const signing: Signing = {
    mode: "on-nonce",
    vault: {
      ready: true,
      signResponse: async (bytes) => {
        signed.push(text(bytes));
        return new Uint8Array([1, 2, 255]);
      },
    },
  };
  test("the signature is over the canonical text with the nonce, which stands behind all else", async () => {
    const body = successBody(users, undefined, 1, NOW);
    const answer = await respond(body, 200, "n1", signing);
    expect(signed).toEqual([toPythonJson({ ...body, nonce: "n1" })]);
    expect(text(answer.body as Uint8Array)).toBe(JSON.stringify({ ...body, nonce: "n1", signature: "rsa_sha256_pss:0102ff" }));
  });
  test("without a nonce it is not signed", async () => {
    const body = successBody(users, undefined, 1, NOW);
    expect(text((await respond(body, 200, undefined, signing)).body as Uint8Array)).toBe(JSON.stringify(body));
    expect(signed).toHaveLength(1);
  });
});
