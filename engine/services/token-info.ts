// Token information: key, value, type (K1-26). `<key>.type=password` seals the value of `<key>`.
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Vault } from "../vault/vault.ts";

export interface InfoRow {
  key: string;
  value: string;
  type: "" | "password";
}

const MAX_VALUE = 10_000;
/** A list shows all of them for each token. */
export const MAX_KEYS = 64;

export function infoContext(serial: string, key: string): string {
  return `token_info|${serial}|${key}`;
}

/** Rows for a set of keys and values. Error: 905 for keys or values out of bounds. */
export async function readTokenInfo(
  serial: string,
  info: Record<string, string>,
  vault: Pick<Vault, "seal">,
): Promise<InfoRow[]> {
  const rows: InfoRow[] = [];
  if (Object.keys(info).length > MAX_KEYS) {
    throw new ApiError("info_too_many", { maximum: MAX_KEYS });
  }
  for (const [key, value] of Object.entries(info)) {
    checkInfo(key, value);
    if (key.endsWith(".type")) continue;
    const sealed = info[`${key}.type`] === "password";
    rows.push({ key, ...(sealed ? await sealInfo(serial, key, value, vault) : { value, type: "" as const }) });
  }
  return rows;
}

/** Error: 905. */
export function checkInfo(key: string, value: string): void {
  if (key.length > 255 || value.length > MAX_VALUE || key.includes("\0") || value.includes("\0")) {
    throw new ApiError("info_too_long", { key: 255, value: MAX_VALUE });
  }
}

export async function sealInfo(serial: string, key: string, value: string, vault: Pick<Vault, "seal">) {
  const sealed = await vault.seal(new TextEncoder().encode(value), infoContext(serial, key));
  return { value: sealed.toBase64(), type: "password" as const };
}
