// The form of the system settings: what was typed, what is not saved, what is wrong.
//
//   clean ──type──▶ dirty ──save──▶ saving ──▶ clean
//     ▲               │ discard        └─ refused ──▶ dirty, the fault beside the field
//     └───────────────┘
import type { SystemKeyName } from "@ostiary/shared/system-config.ts";
import { CallError, call } from "../../api/call.ts";
import { faultText } from "../../api/fault-text.ts";
import type { Text } from "../../text/text.ts";
import type { FormValues } from "../../ui/form/fields.ts";
import { defaultOf, findFault, readValues, type Stored, settingNames, toWire } from "./setting.ts";

export class SettingsForm {
  values = $state<FormValues>({});
  /** Beside the field, in words. */
  faults = $state.raw<Readonly<Record<string, string>>>({});
  /** A fault that belongs to no field. */
  refusal = $state<string | null>(null);
  saving = $state(false);
  #saved = $state.raw<FormValues>({});
  readonly #text: Text;

  constructor(stored: Stored, text: Text) {
    this.#text = text;
    this.take(stored);
  }

  /** What the engine has now. */
  take(stored: Stored): void {
    this.#saved = readValues(stored);
    this.discard();
  }

  discard(): void {
    this.values = { ...this.#saved };
    this.faults = {};
    this.refusal = null;
  }

  get dirty(): readonly SystemKeyName[] {
    return settingNames.filter((name) => this.isDirty(name));
  }
  isDirty(name: SystemKeyName): boolean {
    return this.values[name] !== this.#saved[name];
  }
  isChanged(name: SystemKeyName): boolean {
    return this.values[name] !== defaultOf(name);
  }
  set(name: SystemKeyName, value: string): void {
    this.values[name] = value;
    const { [name]: _, ...others } = this.faults;
    this.faults = others;
  }
  reset(name: SystemKeyName): void {
    this.set(name, defaultOf(name));
  }

  /** Writes what was changed, all at once; what is back at its default is forgotten. true: it is saved. */
  async save(): Promise<boolean> {
    const dirty = this.dirty;
    this.refusal = null;
    this.faults = Object.fromEntries(
      dirty.flatMap((name) => {
        const fault = findFault(name, this.values[name] ?? "");
        return fault ? [[name, this.#text.t(fault)]] : [];
      }),
    );
    if (this.saving || dirty.length === 0 || Object.keys(this.faults).length > 0) return false;
    this.saving = true;
    try {
      const kept = dirty.filter((name) => this.isChanged(name));
      if (kept.length > 0)
        await call("systemSetConfig", Object.fromEntries(kept.map((name) => [name, toWire(name, this.values[name] ?? "")])));
      for (const key of dirty.filter((name) => !this.isChanged(name))) await forget(key);
      return true;
    } catch (fault) {
      this.#refuse(faultText(fault, this.#text));
      return false;
    } finally {
      this.saving = false;
    }
  }

  /** The engine names the parameter it does not like. */
  #refuse(words: string): void {
    const name = settingNames.find((one) => words.includes(`'${one}'`));
    if (name === undefined) this.refusal = words;
    else this.faults = { [name]: words };
  }
}

/** Somebody else may have forgotten it already. */
async function forget(key: SystemKeyName): Promise<void> {
  await call("systemDelete", { key }).catch((fault) => {
    if (!(fault instanceof CallError && fault.status === 404)) throw fault;
  });
}
