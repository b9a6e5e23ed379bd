// What comes of a change of the key ring. The file is the keeper's affair.
import type { Device } from "./device.ts";
import { addSealKey, dropSealKey } from "./key-ring.ts";
import { makeSealKey } from "./keys.ts";
import type { RingEdit, RingSealChoice } from "./ring-info.ts";
import { makeDeviceSeal, makePassphraseSeal, type RingSeal } from "./ring-seal.ts";

/** The ring and its seal after an edit. Throws an Error that says why it can not be, or as device.ts says. */
export async function applyEdit(
  edit: RingEdit,
  ring: string,
  seal: RingSeal,
  device: Device | null,
): Promise<{ ring: string; seal: RingSeal }> {
  switch (edit.do) {
    case "add-key":
      return { ring: addSealKey(ring, makeSealKey(edit.now, device, edit.label ?? undefined)), seal };
    case "drop-key":
      return { ring: dropSealKey(ring, edit.id), seal };
    case "seal":
      return { ring, seal: await makeSeal(edit.how, device) };
  }
}

async function makeSeal(how: RingSealChoice, device: Device | null): Promise<RingSeal> {
  if (how.form === "plain") return { form: "plain" };
  if (how.form === "passphrase") return makePassphraseSeal(how.passphrase);
  if (!device) throw new Error("no security module is configured: the setting keys.pkcs11_module names it");
  return makeDeviceSeal(device, how.label);
}
