// A token of a PKCS#11 module as a Device: one session for each thread, because a session runs one operation at a time.
//
//   new ── first call ─▶ connected ── a call fails, the module was restarted ─▶ broken ── reconnect() ─▶ connected
//
// While broken, calls fail at once: of a batch of hundreds only the first waits for a module that is gone.

import type { Device, DeviceKeyName, DeviceOwner, DeviceSettings } from "../device.ts";
import { DeviceUnavailableError, PinRefusedError } from "../vault.ts";
import {
  CKF_LOGIN_REQUIRED,
  CKF_USER_PIN_FINAL_TRY,
  CKM_AES_GCM,
  CKR,
  CKS_RO_USER_FUNCTIONS,
  CKS_RW_USER_FUNCTIONS,
  CKU_USER,
  nameReturn,
  SESSION_FLAGS,
} from "./constants.ts";
import { closeGate, enterGate, epochOf } from "./gate.ts";
import { check, describeReturn, findToken, initialise, loadModule, type Module, type Token } from "./module.ts";
import { describeKey, findByLabel, findKey, generateKey, requireGcm } from "./objects.ts";

const TAG = 16;
const PROBE = new TextEncoder().encode("is this key usable?");
/** What C_Decrypt may say of data that were altered. Some modules (SoftHSM) have only a word for any failure; then the key is tried. */
const ALTERED: ReadonlySet<number> = new Set([CKR.ENCRYPTED_DATA_INVALID, CKR.ENCRYPTED_DATA_LEN_RANGE]);
const PIN_REFUSED: ReadonlySet<number> = new Set([
  CKR.PIN_INCORRECT,
  CKR.PIN_INVALID,
  CKR.PIN_LEN_RANGE,
  CKR.PIN_EXPIRED,
  CKR.PIN_LOCKED,
  CKR.USER_PIN_NOT_INITIALIZED,
]);

/** The device of a thread that neither starts the module nor logs in. Nothing is called before the first use. */
export function openDevice(settings: DeviceSettings, gate: Int32Array): Device {
  return createDevice(settings, gate, false);
}

/** The device of the one thread that does; there the module is started with the first use. */
export function openDeviceOwner(settings: DeviceSettings, gate: Int32Array): DeviceOwner {
  return createDevice(settings, gate, true);
}

function createDevice(settings: DeviceSettings, gate: Int32Array, isOwner: boolean): DeviceOwner {
  let module: Module | null = null;
  let token: Token | null = null;
  let session: bigint | null = null;
  let epoch = -1;
  let broken = false;
  const handles = new Map<string, bigint>();

  /** Runs one use of the session inside the gate; whatever fails breaks the device. */
  function use<T>(run: (module: Module, session: bigint) => T): T {
    let result: { value: T } | undefined;
    try {
      if (broken) throw new DeviceUnavailableError("the security module failed a moment ago");
      const entered = enterGate(gate, () => {
        if (session === null || epoch !== epochOf(gate)) connect();
        if (module === null || session === null) throw new Error("no session after connecting");
        result = { value: run(module, session) };
      });
      if (!entered || !result) throw new DeviceUnavailableError("the security module is being restarted");
      return result.value;
    } catch (fault) {
      if (fault instanceof DeviceUnavailableError) broken = true;
      throw fault;
    } finally {
      module?.arena.reset();
    }
  }

  function connect(): void {
    handles.clear();
    session = null;
    module ??= loadModule(settings.module);
    if (isOwner) initialise(module);
    token = findToken(module, settings);
    const { functions, arena } = module;
    const out = arena.struct(0);
    check("C_OpenSession", functions.C_OpenSession(token.slot, SESSION_FLAGS, null, null, out));
    session = arena.read(out);
    epoch = epochOf(gate);
    arena.reset();
  }

  function handleOf(open: Module, at: bigint, key: DeviceKeyName): bigint {
    const name = `${key.ckaId}|${key.label}`;
    const known = handles.get(name);
    if (known !== undefined) return known;
    const found = findKey(open, at, key);
    if (found === null) {
      // Private objects do not show to those who are not logged in.
      const why = isLoggedIn(open, at) ? "the token has no key" : "nobody is logged in to the token, which should have the key";
      throw new DeviceUnavailableError(`${why} ${describeKey(key)}`);
    }
    handles.set(name, found);
    return found;
  }

  function isLoggedIn({ functions, arena }: Module, at: bigint): boolean {
    const info = arena.struct(0, 0, 0, 0); // CK_SESSION_INFO: slot, state, flags, error
    check("C_GetSessionInfo", functions.C_GetSessionInfo(at, info));
    const state = Number(arena.read(info, 1));
    return state === CKS_RW_USER_FUNCTIONS || state === CKS_RO_USER_FUNCTIONS;
  }

  /** Null: C_Encrypt or C_Decrypt said no, with the code in `refusal`. */
  let refusal: number = CKR.OK;
  function runGcm(way: "Encrypt" | "Decrypt", key: DeviceKeyName, nonce: Uint8Array, input: Uint8Array, aad: Uint8Array) {
    return use(({ functions, arena }, at): Uint8Array | null => {
      const handle = handleOf({ functions, arena }, at, key);
      arena.reset();
      // CK_GCM_PARAMS (pkcs11-curr 2.11.5): nonce, its bytes and bits, associated data, bits of the tag.
      const gcm = arena.struct(arena.put(nonce), nonce.length, nonce.length * 8, arena.put(aad), aad.length, TAG * 8);
      const mechanism = arena.struct(CKM_AES_GCM, gcm, gcm.length);
      const data = arena.put(input);
      const output = arena.take(input.length + TAG);
      const length = arena.struct(output.length);
      // Nothing that could throw stands between these two: an operation that was begun must be ended.
      check(`C_${way}Init`, functions[`C_${way}Init`](at, mechanism, handle));
      refusal = functions[`C_${way}`](at, data, data.length, output, length);
      if (refusal !== CKR.OK) return null;
      return output.slice(0, Number(arena.read(length)));
    });
  }

  const device: DeviceOwner = {
    encrypt(key, nonce, clear, associated) {
      const sealed = runGcm("Encrypt", key, nonce, clear, associated);
      if (sealed === null) throw fail(describeReturn("C_Encrypt", refusal));
      if (sealed.length !== clear.length + TAG) throw fail(new DeviceUnavailableError("the token's AES-GCM has another form"));
      return sealed;
    },
    decrypt(key, nonce, sealed, associated) {
      const clear = runGcm("Decrypt", key, nonce, sealed, associated);
      if (clear !== null || ALTERED.has(refusal)) return clear;
      const code = refusal;
      // Altered, or the token is at fault? It is not if it can work with the key.
      try {
        device.probe(key);
        return null;
      } catch {
        throw fail(describeReturn("C_Decrypt", code));
      }
    },
    random: (length) =>
      use(({ functions, arena }, at) => {
        const bytes = arena.take(length);
        check("C_GenerateRandom", functions.C_GenerateRandom(at, bytes, length));
        return bytes.slice();
      }),
    provideKey: (label, adopt) =>
      use((open, at) => {
        if (token) requireGcm(open, token.slot);
        const present = adopt ? findByLabel(open, at, label) : null;
        return present ?? generateKey(open, at, label);
      }),
    probe(key) {
      const nonce = new Uint8Array(12).fill(1); // the text is the same each time, so the same nonce tells nothing
      const sealed = runGcm("Encrypt", key, nonce, PROBE, PROBE);
      if (sealed === null) throw fail(describeReturn("C_Encrypt", refusal));
      const clear = runGcm("Decrypt", key, nonce, sealed, PROBE);
      if (clear === null || !Buffer.from(clear).equals(PROBE)) throw fail(describeReturn("C_Decrypt", refusal));
    },
    reconnect() {
      broken = false;
      // Closing what is left of the old session; a number from before a restart is not ours any more.
      if (module && session !== null && epoch === epochOf(gate)) module.functions.C_CloseSession(session);
      session = null;
      use(() => undefined);
    },
    needsLogin: () => use((open, at) => ((token?.flags ?? 0) & CKF_LOGIN_REQUIRED) !== 0 && !isLoggedIn(open, at)),
    isLastTry: () => use((open) => (findToken(open, settings).flags & CKF_USER_PIN_FINAL_TRY) !== 0),
    login: (pin) =>
      use(({ functions, arena }, at) => {
        const bytes = Buffer.from(pin, "utf8");
        const code = functions.C_Login(at, CKU_USER, arena.put(bytes), bytes.length);
        arena.reset();
        bytes.fill(0);
        if (PIN_REFUSED.has(code)) throw new PinRefusedError(describeRefusal(code));
        if (code !== CKR.USER_ALREADY_LOGGED_IN) check("C_Login", code);
      }),
    restart() {
      module ??= loadModule(settings.module);
      const open = module;
      const done = closeGate(gate, () => {
        session = null;
        open.functions.C_Finalize(null);
        initialise(open);
      });
      if (!done) throw new DeviceUnavailableError("a call into the security module does not come back; restart the server");
    },
    close() {
      if (module && session !== null && epoch === epochOf(gate)) module.functions.C_CloseSession(session);
      session = null;
    },
  };
  return device;

  function fail(fault: DeviceUnavailableError): DeviceUnavailableError {
    broken = true;
    return fault;
  }
}

function describeRefusal(code: number): string {
  if (code === CKR.PIN_LOCKED) return "the token is locked after too many wrong PINs; its security officer has to unlock it";
  if (code === CKR.USER_PIN_NOT_INITIALIZED) return "the token has no user PIN yet; its security officer has to set one";
  return `the token refused the PIN (${nameReturn(code)})`;
}
