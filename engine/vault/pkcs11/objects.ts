// AES keys as objects in a token: found by label and CKA_ID, or made there, never to leave it.
import { randomBytes } from "node:crypto";
import type { DeviceKeyName } from "../device.ts";
import { DeviceUnavailableError } from "../vault.ts";
import { CKA, CKF_ENCRYPT, CKK_AES, CKM_AES_GCM, CKM_AES_KEY_GEN, CKO_SECRET_KEY, CKR } from "./constants.ts";
import { check, type Module } from "./module.ts";

/** A template is an array of CK_ATTRIBUTE: type, pointer, length. */
type Attribute = [type: number, value: number | boolean | Uint8Array];

function makeTemplate({ arena }: Module, attributes: readonly Attribute[]): Uint8Array {
  const fields = attributes.flatMap(([type, value]) => {
    if (value instanceof Uint8Array) return [type, arena.put(value), value.length];
    if (typeof value === "boolean") return [type, arena.put(Uint8Array.of(value ? 1 : 0)), 1];
    return [type, arena.struct(value), 8];
  });
  return arena.struct(...fields);
}

/** The handle of an AES key; null if there is none. Throws DeviceUnavailableError if there are several, or the token fails. */
export function findKey(module: Module, session: bigint, { label, ckaId }: DeviceKeyName): bigint | null {
  const handles = findHandles(module, session, label, ckaId);
  if (handles.length > 1)
    throw new DeviceUnavailableError(`the security module holds several keys ${describeKey({ label, ckaId })}`);
  return handles[0] ?? null;
}

/** The name of a key of this label that is there; null if there is none. */
export function findByLabel(module: Module, session: bigint, label: string): DeviceKeyName | null {
  const [handle] = findHandles(module, session, label, null);
  if (handle === undefined) return null;
  const { functions, arena } = module;
  try {
    const id = arena.take(256);
    const attribute = arena.struct(CKA.ID, id, id.length);
    check("C_GetAttributeValue", functions.C_GetAttributeValue(session, handle, attribute, 1));
    return { label, ckaId: id.subarray(0, Number(arena.read(attribute, 2))).toHex() };
  } finally {
    arena.reset();
  }
}

/** Makes an AES-256 key that can not be read out. Throws DeviceUnavailableError. */
export function generateKey(module: Module, session: bigint, label: string): DeviceKeyName {
  const { functions, arena } = module;
  const id = randomBytes(8);
  try {
    const template = makeTemplate(module, [
      [CKA.CLASS, CKO_SECRET_KEY],
      [CKA.KEY_TYPE, CKK_AES],
      [CKA.VALUE_LEN, 32],
      [CKA.TOKEN, true],
      [CKA.PRIVATE, true],
      [CKA.SENSITIVE, true],
      [CKA.EXTRACTABLE, false],
      [CKA.ENCRYPT, true],
      [CKA.DECRYPT, true],
      [CKA.LABEL, Buffer.from(label, "utf8")],
      [CKA.ID, id],
    ]);
    const mechanism = arena.struct(CKM_AES_KEY_GEN, null, 0);
    check("C_GenerateKey", functions.C_GenerateKey(session, mechanism, template, 11, arena.struct(0)));
    return { label, ckaId: id.toString("hex") };
  } finally {
    arena.reset();
  }
}

/** Throws DeviceUnavailableError unless the token encrypts by AES-GCM. */
export function requireGcm({ functions, arena }: Module, slot: bigint): void {
  try {
    const info = arena.struct(0, 0, 0); // CK_MECHANISM_INFO: smallest and largest key, flags
    const code = functions.C_GetMechanismInfo(slot, CKM_AES_GCM, info);
    if (code !== CKR.OK || (Number(arena.read(info, 2)) & CKF_ENCRYPT) === 0) {
      throw new DeviceUnavailableError("the token does not offer AES-GCM, so it can not hold keys of this server");
    }
  } finally {
    arena.reset();
  }
}

export function describeKey({ label, ckaId }: DeviceKeyName): string {
  return `${JSON.stringify(label)} with CKA_ID ${ckaId}`;
}

function findHandles(module: Module, session: bigint, label: string, ckaId: string | null): bigint[] {
  const { functions, arena } = module;
  const wanted: Attribute[] = [
    [CKA.CLASS, CKO_SECRET_KEY],
    [CKA.KEY_TYPE, CKK_AES],
    [CKA.LABEL, Buffer.from(label, "utf8")],
  ];
  if (ckaId !== null) wanted.push([CKA.ID, Uint8Array.fromHex(ckaId)]);
  try {
    check("C_FindObjectsInit", functions.C_FindObjectsInit(session, makeTemplate(module, wanted), wanted.length));
    const handles = arena.take(16);
    const count = arena.struct(0);
    const code = functions.C_FindObjects(session, handles, 2, count);
    functions.C_FindObjectsFinal(session);
    check("C_FindObjects", code);
    return Array.from({ length: Number(arena.read(count)) }, (_, index) => arena.read(handles, index));
  } finally {
    arena.reset();
  }
}
