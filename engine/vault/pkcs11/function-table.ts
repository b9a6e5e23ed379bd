// The functions of a PKCS#11 library, called through bun:ffi. C_GetFunctionList gives a CK_FUNCTION_LIST: a version, then pointers
// to all functions in the order of the standard (pkcs11-base 4.6, pkcs11f.h). CK_ULONG and pointers have 8 bytes: 64-bit Linux,
// macOS and BSD. Windows packs its structures differently and is refused.
import { CFunction, dlopen, FFIType, type Pointer, read } from "bun:ffi";
import { DeviceUnavailableError } from "../vault.ts";

// Handles, lengths and flags are unsigned longs. What is a pointer here takes a typed array, or null.
const N = FFIType.u64_fast;
const P = FFIType.ptr;

/** name → place in the list, arguments. All return CK_RV. */
const functions = {
  C_Initialize: [0, [P]],
  C_Finalize: [1, [P]],
  C_GetSlotList: [4, [FFIType.u8, P, P]],
  C_GetTokenInfo: [6, [N, P]],
  C_GetMechanismInfo: [8, [N, N, P]],
  C_OpenSession: [12, [N, N, P, P, P]],
  C_CloseSession: [13, [N]],
  C_CloseAllSessions: [14, [N]],
  C_GetSessionInfo: [15, [N, P]],
  C_Login: [18, [N, N, P, N]],
  C_GetAttributeValue: [24, [N, N, P, N]],
  C_FindObjectsInit: [26, [N, P, N]],
  C_FindObjects: [27, [N, P, N, P]],
  C_FindObjectsFinal: [28, [N]],
  C_EncryptInit: [29, [N, P, N]],
  C_Encrypt: [30, [N, P, N, P, P]],
  C_DecryptInit: [33, [N, P, N]],
  C_Decrypt: [34, [N, P, N, P, P]],
  C_GenerateKey: [58, [N, P, P, N, P]],
  C_GenerateRandom: [64, [N, P, N]],
} as const;

export type FunctionName = keyof typeof functions;
export type FunctionTable = Record<FunctionName, (...values: (number | bigint | NodeJS.TypedArray | null)[]) => number>;

/** Loads the library. Throws DeviceUnavailableError. */
export function loadFunctions(path: string): FunctionTable {
  if (process.platform === "win32") throw new DeviceUnavailableError("PKCS#11 modules are not supported on Windows");
  const out = new BigUint64Array(1);
  let code: number;
  try {
    const library = dlopen(path, { C_GetFunctionList: { args: [P], returns: N } });
    code = Number(library.symbols.C_GetFunctionList(out));
  } catch {
    throw new DeviceUnavailableError(`${path} can not be loaded: it is no PKCS#11 library for this machine`);
  }
  const list = Number(out[0]) as Pointer;
  if (code !== 0 || !list) throw new DeviceUnavailableError(`${path} gives no list of its functions`);
  const table = Object.entries(functions).map(([name, [place, args]]) => {
    // 8: the CK_VERSION at the start takes two bytes and is padded to the size of a pointer.
    const call = CFunction({ ptr: read.ptr(list, 8 + 8 * place) as Pointer, args: [...args], returns: N });
    return [name, (...values: unknown[]) => Number(call(...values))];
  });
  return Object.fromEntries(table) as FunctionTable;
}
