// The PKCS#11 side alone, on a token of SoftHSM2: keys, AES-GCM, and what happens when sessions, logins and the module itself go.
import { dlopen, FFIType } from "bun:ffi";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "../../../test/kit/data-dir.ts";
import { makeSoftHsm, type SoftHsm, softHsmLibrary } from "../../../test/kit/soft-hsm.ts";
import type { DeviceKeyName, DeviceOwner, DeviceSettings } from "../device.ts";
import { createDeviceLogin } from "../device-login.ts";
import { openBlob, sealBlob } from "../sealed-blob.ts";
import { DeviceUnavailableError, PinRefusedError, SealBrokenError } from "../vault.ts";
import { openDevice, openDeviceOwner } from "./device.ts";
import { makeGate } from "./gate.ts";
import { loadModule } from "./module.ts";

const CLEAR = new TextEncoder().encode("12345678901234567890");
const NONCE = new Uint8Array(12).fill(9);
const AAD = new TextEncoder().encode("token|TOTP0001|key");
const none = async () => {};

/** The environment of a process as C sees it; process.env is a copy. */
function setEnvironment(name: string, value: string): void {
  const libc = dlopen("libc.so.6", { setenv: { args: [FFIType.ptr, FFIType.ptr, FFIType.i32], returns: FFIType.i32 } });
  const text = (part: string) => Buffer.from(`${part}\0`);
  libc.symbols.setenv(text(name), text(value), 1);
}

describe.skipIf(softHsmLibrary === null)("a token of SoftHSM2 (C10)", () => {
  const gate = makeGate();
  let hsm: SoftHsm;
  let settings: DeviceSettings;
  let device: DeviceOwner;
  let key: DeviceKeyName;

  beforeAll(() => {
    hsm = makeSoftHsm();
    setEnvironment("SOFTHSM2_CONF", hsm.env.SOFTHSM2_CONF);
    settings = {
      module: hsm.library,
      slot: -1,
      tokenLabel: "",
      keyLabel: "ostiary",
      pinFile: hsm.pinFile,
      retries: 2,
      timeout: 10_000,
    };
    device = openDeviceOwner(settings, gate);
  });
  afterAll(() => device.close());

  test("Z13: slot -1 finds the only token that was initialised; labels and slots that are not there say which are", () => {
    expect(device.needsLogin()).toBe(true);
    for (const wrong of [{ tokenLabel: "other" }, { slot: 77 }]) {
      const lost = openDevice({ ...settings, ...wrong }, gate);
      expect(() => lost.random(1)).toThrow(/there are: "ostiary" in slot \d+/);
    }
    expect(openDevice({ ...settings, tokenLabel: "ostiary" }, gate).random(4)).toHaveLength(4);
  });

  test("a wrong PIN is refused in words, and nothing but the PIN was wrong", () => {
    const fault = (() => {
      try {
        device.login("wrong");
      } catch (error) {
        return error;
      }
    })();
    expect(fault).toBeInstanceOf(PinRefusedError);
    expect(String(fault)).toContain("CKR_PIN_INCORRECT");
    expect(String(fault)).not.toContain('wrong"');
    device.reconnect();
    device.login(hsm.pin);
    expect(device.needsLogin()).toBe(false);
  });

  test("a key made in the token: AES-GCM as node computes the form, altered data and other associated data do not open", () => {
    key = device.provideKey("ostiary", false);
    expect(key.ckaId).toMatch(/^[0-9a-f]{16}$/);
    const sealed = device.encrypt(key, NONCE, CLEAR, AAD);
    expect(sealed).toHaveLength(CLEAR.length + 16);
    expect(device.decrypt(key, NONCE, sealed, AAD)).toEqual(CLEAR);
    expect(device.decrypt(key, NONCE, sealed, AAD.subarray(1))).toBeNull();
    for (const at of [0, CLEAR.length, sealed.length - 1]) {
      const altered = sealed.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(device.decrypt(key, NONCE, altered, AAD)).toBeNull();
    }
    expect(device.decrypt(key, NONCE, sealed.subarray(0, 3), AAD)).toBeNull();
    // It still works: a value that was altered is no fault of the module.
    expect(device.decrypt(key, NONCE, sealed, AAD)).toEqual(CLEAR);
  });

  test("blobs keep their form: version, id, nonce; empty and large values, and one that is too large", () => {
    const inModule = { ...key, device };
    for (const size of [0, 1, 100_000]) {
      const clear = new Uint8Array(size).fill(7);
      const blob = sealBlob(inModule, 0xdeadbeef, NONCE, clear, "c");
      expect([...blob.subarray(0, 5)]).toEqual([1, 0xde, 0xad, 0xbe, 0xef]);
      expect(new Uint8Array(openBlob(() => inModule, blob, "c"))).toEqual(clear);
      expect(() => openBlob(() => inModule, blob, "d")).toThrow(SealBrokenError);
    }
    expect(() => sealBlob(inModule, 1, NONCE, new Uint8Array(600_000), "c")).toThrow(RangeError);
    device.probe(key);
  });

  test("two keys of one label are told apart by their id; a key that is not there is named", () => {
    const other = device.provideKey("ostiary", false);
    expect(other.ckaId).not.toBe(key.ckaId);
    expect(device.decrypt(other, NONCE, device.encrypt(key, NONCE, CLEAR, AAD), AAD)).toBeNull();
    expect(device.provideKey("adopted", true)).toEqual(device.provideKey("adopted", true));
    const fresh = openDevice(settings, gate);
    expect(() => fresh.probe({ label: "ostiary", ckaId: "00" })).toThrow('the token has no key "ostiary" with CKA_ID 00');
  });

  test("keys can not be read out", () => {
    // pkcs11-tool would say the same; the attribute CKA_VALUE of a sensitive key is refused by the token.
    const seen = Bun.spawnSync(
      ["pkcs11-tool", "--module", hsm.library, "--token-label", "ostiary", "--login", "--pin", hsm.pin, "--list-objects"],
      { env: { ...hsm.env, PATH: process.env.PATH ?? "" } },
    );
    if (Bun.which("pkcs11-tool")) expect(seen.stdout.toString()).toMatch(/sensitive.*never extractable/);
  });

  test("random bytes differ", () => expect(device.random(32)).not.toEqual(device.random(32)));

  test("sessions closed and logged out by somebody else in the process: broken at once, back by mend", async () => {
    const login = createDeviceLogin(settings, gate, none);
    login.settle();
    expect(login.fault).toBeNull();
    const worker = openDevice(settings, gate);
    const sealed = worker.encrypt(key, NONCE, CLEAR, AAD);
    const { functions, arena } = loadModule(hsm.library);
    const count = arena.struct(16);
    const slots = arena.take(128);
    functions.C_GetSlotList(1, slots, count);
    functions.C_CloseAllSessions(arena.read(slots));
    expect(() => worker.decrypt(key, NONCE, sealed, AAD)).toThrow(DeviceUnavailableError);
    expect(() => worker.decrypt(key, NONCE, sealed, AAD)).toThrow("failed a moment ago");
    expect(await login.mend(key)).toBe(true);
    worker.reconnect();
    expect(worker.decrypt(key, NONCE, sealed, AAD)).toEqual(CLEAR);
    device.reconnect();
  });

  test("the module ended by somebody else: back by mend, and a session number from before is not used", async () => {
    const login = createDeviceLogin(settings, gate, none);
    login.settle();
    const worker = openDevice(settings, gate);
    const sealed = worker.encrypt(key, NONCE, CLEAR, AAD);
    login.device.restart();
    // The worker notices the restart itself and opens a session of its own; nobody is logged in yet.
    expect(() => worker.decrypt(key, NONCE, sealed, AAD)).toThrow(/nobody is logged in/);
    expect(await login.mend(key)).toBe(true);
    worker.reconnect();
    expect(worker.decrypt(key, NONCE, sealed, AAD)).toEqual(CLEAR);
    device.reconnect();
  });

  test("the token taken out: bounded tries, then out; put back: in again by a restart of the module (C11)", async () => {
    let pauses = 0;
    const login = createDeviceLogin(settings, gate, async () => void pauses++);
    login.settle();
    const sealed = login.device.encrypt(key, NONCE, CLEAR, AAD);
    hsm.takeOut();
    expect(() => login.device.decrypt(key, NONCE, sealed, AAD)).toThrow(DeviceUnavailableError);
    expect(await login.mend(key)).toBe(false);
    expect(pauses).toBe(settings.retries);
    expect(login.fault).toContain("no token");
    expect(login.needsPin).toBe(false);
    hsm.putBack();
    await Bun.sleep(510); // what was found a moment ago is not examined again
    expect(await login.mend(key)).toBe(true);
    expect(login.device.decrypt(key, NONCE, sealed, AAD)).toEqual(CLEAR);
    device.reconnect();
  });

  test("a PIN file with a wrong PIN is tried once, whoever asks how often; a right one sent later opens", async () => {
    const pinFile = join(makeDataDir(), "pin");
    writeFileSync(pinFile, "not-the-pin\n", { mode: 0o600 });
    device.restart();
    const login = createDeviceLogin({ ...settings, pinFile }, gate, none);
    let tries = 0;
    const { login: logIn } = login.device;
    login.device.login = (pin) => {
      tries++;
      logIn(pin);
    };
    login.settle();
    expect([login.needsPin, login.fault]).toEqual([true, "the token refused the PIN (CKR_PIN_INCORRECT)"]);
    for (let round = 0; round < 5; round++) login.settle();
    expect(await login.mend(key)).toBe(false);
    expect(tries).toBe(1);
    expect(login.tryPin("still wrong")).toBe(false);
    expect(login.tryPin(hsm.pin)).toBe(true);
    expect([login.needsPin, login.fault]).toEqual([false, null]);
    device.reconnect();
    device.probe(key);
  });
});

describe("what is no module is refused in words", () => {
  const folder = makeDataDir();
  const open = (module: string) =>
    openDevice({ module, slot: -1, tokenLabel: "", keyLabel: "x", pinFile: "", retries: 0, timeout: 1000 }, makeGate()).random(1);

  test("missing, no library, a library of something else, writable by others", () => {
    const text = join(folder, "text.so");
    writeFileSync(text, "no library", { mode: 0o600 });
    expect(() => open(join(folder, "none.so"))).toThrow("is not there");
    expect(() => open(text)).toThrow("it is no PKCS#11 library");
    expect(() => open("/usr/lib/x86_64-linux-gnu/libc.so.6")).toThrow(/no PKCS#11 library|not there/);
    if (softHsmLibrary === null) return;
    const copy = join(folder, "copy.so");
    copyFileSync(softHsmLibrary, copy);
    chmodSync(copy, 0o666);
    expect(() => open(copy)).toThrow("changed by other accounts");
  });
});
