// PINs of tokens (K1-07): set, made by chance, copied. A PIN in the clear is nowhere but in the call that brings or shows it.
import { randomInt } from "node:crypto";
import { ApiError } from "@ostiary/shared/errors.ts";
import { generatePassword } from "../core/generate-password.ts";
import { selectPair } from "./token-assign.ts";
import { selectOpenToken, touching, updateOpen, updateUnchanged } from "./token-change.ts";
import type { Which } from "./token-select.ts";
import { type Work, writeOrRefuse } from "./work.ts";

/** Columns of the PINs that are sealed, and what for. A PIN copied into another row does not open there. */
const sealedPins = { user: "user_pin", so: "so_pin" } as const;
export const pinContext = (serial: string, kind: keyof typeof sealedPins) => `token|${serial}|${sealedPins[kind]}`;

/** Sets the PINs that are given; an empty one is taken away. Returns how many. */
export async function setPins(
  work: Work,
  which: Which & { serial: string },
  pins: { otp?: string; user?: string; so?: string },
): Promise<number> {
  const { vault } = work.engine;
  const token = await selectOpenToken(work, which);
  const seal = async (pin: string, kind: keyof typeof sealedPins) =>
    pin === "" ? null : vault.seal(new TextEncoder().encode(pin), pinContext(token.serial, kind));
  const columns = {
    ...(pins.otp === undefined ? {} : { pin_hash: pins.otp === "" ? null : await vault.hashPassword(pins.otp) }),
    ...(pins.user === undefined ? {} : { user_pin_sealed: await seal(pins.user, "user") }),
    ...(pins.so === undefined ? {} : { so_pin_sealed: await seal(pins.so, "so") }),
  };
  const count = Object.keys(columns).length;
  if (count > 0) {
    const query = updateOpen(work, [token]).set(columns).compile();
    await writeOrRefuse(work, [{ query, expect: 1 }], touching(token));
  }
  return count;
}

/** What a PIN made by chance looks like; the policies otp_pin_set_random and otp_pin_contents say so. */
export interface PinShape {
  /** characters, 1 to 31 (L4317) */
  length: number;
  /** As generatePassword reads it. */
  contents: string;
}

/** A PIN nobody chose; returns it, to be shown once. Errors: 301 without a shape, 905 for contents that can not be made. */
export async function setRandomPin(work: Work, which: Which & { serial: string }, shape: PinShape | null): Promise<string> {
  const token = await selectOpenToken(work, which);
  if (!shape) throw new ApiError("random_pin_without_policy");
  const pin = generatePassword(shape.length, shape.contents, randomInt);
  if (!pin) throw new ApiError("random_pin_contents");
  const query = updateOpen(work, [token])
    .set({ pin_hash: await work.engine.vault.hashPassword(pin) })
    .compile();
  await writeOrRefuse(work, [{ query, expect: 1 }], touching(token));
  return pin;
}

/**
 * `to` gets the PIN of `from`, or none if that has none, without anybody knowing it: the hash is copied (rest-api.md 6.4). User and
 * SO PIN go along where `from` has one. Errors: 1016, 1017, 1007.
 */
export async function copyPin(work: Work, from: string, to: string): Promise<true> {
  const { store, vault } = work.engine;
  const { source, target } = await selectPair(work, from, to);
  const [row] = await store.point(
    store.sql.selectFrom("token").select(["pin_hash", "user_pin_sealed", "so_pin_sealed"]).where("id", "=", source.id).compile(),
  );
  const move = async (sealed: Uint8Array, kind: keyof typeof sealedPins) => {
    const clear = await vault.unseal(sealed, pinContext(source.serial, kind));
    return vault.seal(clear, pinContext(target.serial, kind));
  };
  const columns = {
    pin_hash: row?.pin_hash ?? null,
    ...(row?.user_pin_sealed ? { user_pin_sealed: await move(row.user_pin_sealed, "user") } : {}),
    ...(row?.so_pin_sealed ? { so_pin_sealed: await move(row.so_pin_sealed, "so") } : {}),
  };
  const query = updateUnchanged(work, target).set(columns).compile();
  await writeOrRefuse(work, [{ query, expect: 1 }], touching(target));
  return true;
}
