// A PKCS#11 library and the token in it that is ours. Nothing here knows sessions or keys.
import { accessSync, constants, statSync } from "node:fs";
import type { DeviceSettings } from "../device.ts";
import { DeviceUnavailableError } from "../vault.ts";
import { type Arena, createArena } from "./arena.ts";
import { CKF_OS_LOCKING_OK, CKF_TOKEN_INITIALIZED, CKR, nameReturn } from "./constants.ts";
import { type FunctionName, type FunctionTable, loadFunctions } from "./function-table.ts";

export interface Module {
  functions: FunctionTable;
  arena: Arena;
}

/** A token in a slot. */
export interface Token {
  slot: bigint;
  label: string;
  /** CKF_… of CK_TOKEN_INFO */
  flags: number;
}

/** Bytes of memory shared with the library: the largest value it works on, twice, and some structures. */
const ARENA = 512 * 1024;
const MAX_SLOTS = 256;

/** Loads the library into this thread's reach; it is not started yet. Throws DeviceUnavailableError. */
export function loadModule(path: string): Module {
  refuseUnsafe(path);
  return { functions: loadFunctions(path), arena: createArena(ARENA) };
}

/** Starts the library for the process; fine if another thread did. Only the owner's thread calls it. */
export function initialise(module: Module): void {
  const args = module.arena.struct(0, 0, 0, 0, CKF_OS_LOCKING_OK, 0); // CK_C_INITIALIZE_ARGS
  const code = module.functions.C_Initialize(args);
  module.arena.reset();
  if (code !== CKR.OK && code !== CKR.CRYPTOKI_ALREADY_INITIALIZED) throw describeReturn("C_Initialize", code);
}

/** Finds the token that the settings mean. Throws DeviceUnavailableError that says which there are. */
export function findToken(module: Module, { slot, tokenLabel }: Pick<DeviceSettings, "slot" | "tokenLabel">): Token {
  const tokens = listTokens(module);
  const known = tokens.map(({ label, slot: at }) => `${JSON.stringify(label)} in slot ${at}`).join(", ") || "none";
  const fitting = tokens.filter((token) =>
    tokenLabel === "" ? slot === -1 || token.slot === BigInt(slot) : token.label === tokenLabel,
  );
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  const wanted = tokenLabel === "" ? (slot === -1 ? "" : ` in slot ${slot}`) : ` labelled ${JSON.stringify(tokenLabel)}`;
  throw new DeviceUnavailableError(
    only
      ? `the security module has several tokens${wanted}; keys.pkcs11_token_label or keys.pkcs11_slot chooses one of ${known}`
      : `the security module has no token${wanted}; there are: ${known}`,
  );
}

/** Tokens that were initialised, of all slots. SoftHSM always shows one more slot, with an empty token. */
function listTokens(module: Module): Token[] {
  const { functions, arena } = module;
  try {
    // Asked without a list first: that is what makes a module look for slots anew (pkcs11-base 5.5).
    const count = arena.struct(0);
    check("C_GetSlotList", functions.C_GetSlotList(1, null, count));
    const slots = arena.take(8 * MAX_SLOTS);
    const room = arena.struct(MAX_SLOTS);
    check("C_GetSlotList", functions.C_GetSlotList(1, slots, room));
    const found = Number(arena.read(room));
    return Array.from({ length: found }, (_, index) => arena.read(slots, index)).flatMap((slot) => readToken(module, slot));
  } finally {
    arena.reset();
  }
}

function readToken({ functions, arena }: Module, slot: bigint): Token[] {
  const info = arena.take(208); // CK_TOKEN_INFO: four padded texts (32, 32, 16, 16), flags, ten numbers, versions, time
  if (functions.C_GetTokenInfo(slot, info) !== CKR.OK) return []; // taken out a moment ago
  const flags = Number(arena.read(info.subarray(96)));
  const label = new TextDecoder().decode(info.subarray(0, 32)).trimEnd();
  return (flags & CKF_TOKEN_INITIALIZED) === 0 ? [] : [{ slot, label, flags }];
}

/** A library is code that runs inside the server: nobody but the administrator of the machine or this account may change it. */
function refuseUnsafe(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new DeviceUnavailableError(`${path} of the setting keys.pkcs11_module is not there or can not be read`);
  }
  const { mode, uid } = statSync(path);
  const own = process.getuid?.() ?? uid;
  if ((mode & 0o022) !== 0 || (uid !== 0 && uid !== own)) {
    throw new DeviceUnavailableError(
      `${path} may be changed by other accounts: it must belong to root or to this account, and have no write right for others`,
    );
  }
}

/** Throws DeviceUnavailableError for anything but CKR_OK. */
export function check(name: FunctionName, code: number): void {
  if (code !== CKR.OK) throw describeReturn(name, code);
}

export function describeReturn(name: FunctionName, code: number): DeviceUnavailableError {
  return new DeviceUnavailableError(`the security module failed: ${name} gave ${nameReturn(code)}`);
}
