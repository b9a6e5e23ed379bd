// Keys of the ring: which there are, what they seal, a new one, and every value brought under it (issue of keys: C01, C10, B01).
//
//   new key ─▶ ring file on disk ─▶ slices: read, seal anew in the vault, write where nothing changed meanwhile ─▶ none left
//
// Nothing is kept about how far it came: what is not under the active key is what is left. So after a crash at any moment the same
// command goes on, and until then both keys are in the ring and everything opens. Log-ins go on beside it: a token keeps its version,
// because its seed stays the same.
import { join } from "node:path";
import { lockFile } from "../store/process-lock.ts";
import type { AuditEntry, Statement } from "../store/store.ts";
import type { RingEdit, RingInfo } from "../vault/ring-info.ts";
import { SealBrokenError } from "../vault/vault.ts";
import type { Engine } from "./engine.ts";
import { countSealed, readStale, replaceValue, type SealedColumn, type StaleValue, sealedColumns } from "./sealed-columns.ts";

export type KeyHost = Pick<Engine, "store" | "vault" | "dataDir" | "now">;

export interface KeyStatus extends RingInfo {
  /** Why the ring is not open. */
  reason: string | null;
  /** Values that are sealed under each key, by its id; keys that are not in the ring come here too. */
  sealed: Record<string, number>;
  /** Values not under the active key; null while the ring is locked. */
  left: number | null;
}

export interface Rotation {
  active: string;
  /** A new key was made; false: an unfinished rotation was taken up. */
  isNew: boolean;
  resealed: number;
  /** Values that no key of the ring opens; they are as they were. */
  broken: number;
  /** Values under older keys when it ended: 0, unless it was stopped or some are broken. */
  left: number;
}

/** Where a new key is made: where the active one is, in the ring, or in the security module under a label. */
export interface KeyPlace {
  where: "same" | "ring" | "module";
  label: string;
}

export interface RotationControl {
  signal: AbortSignal;
  progress(done: number, total: number): void;
}

/** Values in one slice: one job of the vault and one transaction, each about a millisecond. */
const SLICE = 50;
/** Passes over the columns. The second finds what was written while the first ran; more are for a very busy server. */
const MAX_PASSES = 5;
/** A key that was the active one a moment ago may still come with a write that is under way. */
const RETIRED_FOR = 60_000;

export async function readKeyStatus(host: KeyHost): Promise<KeyStatus> {
  const [info, counts] = [await host.vault.describeRing(), await countSealed(host)];
  return {
    ...info,
    reason: info.open ? host.vault.reason : (host.vault.reason ?? "locked"),
    sealed: Object.fromEntries(counts),
    left: countLeft(info, counts),
  };
}

/** Makes a new seal key the active one; values keep their keys until `rotateKeys`. Errors: as Vault.editRing, StoreInUseError. */
export function addKey(host: KeyHost, place: KeyPlace, by: string): Promise<RingInfo> {
  return withRingLock(host, () => makeKey(host, place, "key create", by));
}

async function makeKey(host: KeyHost, { where, label }: KeyPlace, action: string, by: string): Promise<RingInfo> {
  const { active, keys } = await host.vault.describeRing();
  const isSameModule = where === "same" && keys.find(({ id }) => id === active)?.kind === "pkcs11";
  const inModule = where === "module" || isSameModule;
  return edit(host, { do: "add-key", label: inModule ? label : null, now: host.now() }, action, by);
}

/** Seals the ring file in another way. Errors: as Vault.editRing, StoreInUseError. */
export function sealRing(host: KeyHost, how: Extract<RingEdit, { do: "seal" }>["how"], by: string): Promise<RingInfo> {
  return changeRing(host, { do: "seal", how }, "key encrypt", by);
}

/** Forgets a key that seals nothing any more. Error: KeyInUseError; as Vault.editRing; StoreInUseError. */
export function dropKey(host: KeyHost, id: string, by: string): Promise<RingInfo> {
  return withRingLock(host, async () => {
    const info = await host.vault.describeRing();
    const key = info.keys.find((one) => one.id === id);
    if (info.open && !key) throw new KeyInUseError(`the ring holds no key ${id}`);
    if (info.active === id) throw new KeyInUseError(`${id} is the active key; "key rotate" makes another one`);
    const age = host.now() - (key?.retiredAt ?? 0);
    if (age < RETIRED_FOR)
      throw new KeyInUseError(
        `${id} was the active key until a moment ago, and a write under way may bring a value under it: wait ${Math.ceil((RETIRED_FOR - age) / 1000)} s`,
      );
    const count = (await countSealed(host)).get(id) ?? 0;
    if (count > 0)
      throw new KeyInUseError(`${count} values are sealed under ${id}; "key rotate" brings them under the active key`);
    return edit(host, { do: "drop-key", id }, "key drop", by);
  });
}

/** The key can not be dropped; the message says why. */
export class KeyInUseError extends Error {
  override readonly name = "KeyInUseError";
}

/** Brings every value under the active key; makes a new one first, unless an earlier rotation was not finished. */
export function rotateKeys(host: KeyHost, place: KeyPlace, by: string, control: RotationControl): Promise<Rotation> {
  return withRingLock(host, async () => {
    const before = await host.vault.describeRing();
    // Each count reads whole tables.
    const counts = await countSealed(host);
    const isNew = !before.open || countLeft(before, counts) === 0;
    const { active } = isNew ? await makeKey(host, place, "key rotate", by) : before;
    if (active === null) throw new Error("an open ring has an active key");
    const total = countLeft({ ...before, active }, counts) ?? 0;
    const done = { resealed: 0, broken: 0 };
    let left = total;
    for (let pass = 0; pass < MAX_PASSES && left > done.broken && !control.signal.aborted; pass++) {
      done.broken = 0;
      for (const column of sealedColumns) await resealColumn(host, column, active, done, total, control);
      left = countLeft({ ...before, active }, await countSealed(host)) ?? 0;
    }
    await writeRow(host, "key rotate", by, `${active}: ${done.resealed} values sealed anew, ${left} left`);
    return { active, isNew, ...done, left };
  });
}

async function resealColumn(
  host: KeyHost,
  column: SealedColumn,
  active: string,
  done: { resealed: number; broken: number },
  total: number,
  { signal, progress }: RotationControl,
): Promise<void> {
  let after: StaleValue["key"] | null = null;
  while (!signal.aborted) {
    const startedTick = performance.now();
    const slice = await readStale(host, column, active, after, SLICE);
    const last = slice.at(-1);
    if (!last) return;
    after = last.key;
    const { resealed, broken } = await resealSlice(host, column, slice);
    done.resealed += resealed;
    done.broken += broken;
    progress(done.resealed, Math.max(total, done.resealed));
    // As long again for everybody else who wants to write.
    await new Promise((resolve) => setTimeout(resolve, performance.now() - startedTick));
  }
}

async function resealSlice(
  host: KeyHost,
  column: SealedColumn,
  slice: StaleValue[],
): Promise<{ resealed: number; broken: number }> {
  const sealed = await resealValues(host, slice);
  const statements: Statement[] = [];
  for (const [index, old] of slice.entries()) {
    const next = sealed[index];
    if (next) statements.push({ query: replaceValue(host, column, old, next) });
  }
  if (statements.length === 0) return { resealed: 0, broken: slice.length };
  const outcome = await host.store.commit({ kind: "write", statements, touches: slice.map(({ touched }) => touched) });
  const resealed = outcome.won ? outcome.changes.reduce((sum, changed) => sum + changed, 0) : 0;
  return { resealed, broken: slice.length - statements.length };
}

/** Null for a value that does not open; the others of the slice are not held up by it. */
async function resealValues({ vault }: KeyHost, slice: StaleValue[]): Promise<(Uint8Array | null)[]> {
  try {
    return await vault.reseal(slice.map(({ sealed, context }) => ({ sealed, context })));
  } catch (error) {
    if (!(error instanceof SealBrokenError)) throw error;
    if (slice.length === 1) return [null];
    const middle = Math.ceil(slice.length / 2);
    return [
      ...(await resealValues({ vault } as KeyHost, slice.slice(0, middle))),
      ...(await resealValues({ vault } as KeyHost, slice.slice(middle))),
    ];
  }
}

function countLeft({ active }: RingInfo, counts: Map<string, number>): number | null {
  if (active === null) return null;
  return [...counts].reduce((sum, [id, count]) => sum + (id === active ? 0 : count), 0);
}

function changeRing(host: KeyHost, change: RingEdit, action: string, by: string): Promise<RingInfo> {
  return withRingLock(host, () => edit(host, change, action, by));
}

async function edit(host: KeyHost, change: RingEdit, action: string, by: string): Promise<RingInfo> {
  const info = await host.vault.editRing(change);
  await writeRow(host, action, by, `active key ${info.active}, ring ${info.form}`);
  return info;
}

/** One change of a ring at a time, whichever process makes it. The lock ends with the process. Error: StoreInUseError. */
async function withRingLock<T>({ dataDir }: KeyHost, work: () => Promise<T>): Promise<T> {
  const unlock = lockFile(
    join(dataDir, "keyring.lock"),
    "the key ring is being changed or rotated by another command: wait for it",
  );
  try {
    return await work();
  } finally {
    unlock();
  }
}

async function writeRow({ store, now }: KeyHost, action: string, by: string, info: string): Promise<void> {
  const nobody = { serial: null, tokenType: null, user: null, realm: null, resolver: null, client: null, policies: null };
  const audit: AuditEntry = {
    ...nobody,
    startedAt: now(),
    duration: 0,
    action,
    success: true,
    administrator: by,
    actionDetail: null,
    info,
  };
  await store.commit({ kind: "write", statements: [], touches: ["none"], audit });
}
