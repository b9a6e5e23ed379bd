// A user source while it is made, changed or copied. It is tried with what is in the form before it is saved.
import type { ResolverField } from "@ostiary/shared/resolver-types.ts";
import { call } from "../../api/call.ts";
import { faultText } from "../../api/fault-text.ts";
import type { Phrase, Text } from "../../text/text.ts";
import { type Resolver, resolverFields, resolverTypes } from "./resolver.ts";
import { reasonText, toVerdict, type Verdict } from "./verdict.ts";

const NAME = /^[a-zA-Z0-9_.-]{1,255}$/;
/** A word of the address POST /resolver/test. */
const RESERVED = "test";

export class ResolverEdit {
  name = $state("");
  type = $state("");
  values = $state<Record<string, string>>({});
  faults = $state.raw<Record<string, Phrase>>({});
  refusal = $state<string | null>(null);
  /** Of the last test, and what was in the form then. */
  #tried = $state.raw<{ image: string; verdict: Verdict } | null>(null);
  busy = $state<"" | "test" | "save">("");
  readonly resolver: Resolver | null;
  readonly #text: Text;
  readonly #taken: readonly string[];
  #before = "";

  /** @param resolver null: a new one; @param taken names of sources */
  constructor(text: Text, resolver: Resolver | null, taken: readonly string[]) {
    this.#text = text;
    this.resolver = resolver;
    this.#taken = taken;
    this.name = resolver?.name ?? "";
    this.type = resolver?.type ?? resolverTypes[0] ?? "";
    for (const { name, kind } of this.fields) this.values[name] = kind === "secret" ? "" : (resolver?.data[name] ?? "");
    this.#before = this.#image();
  }

  get fields(): readonly ResolverField[] {
    return resolverFields(this.type, this.#text.lang);
  }
  /** D25: an existing one that is saved under another name. */
  get isCopy(): boolean {
    return this.resolver !== null && this.name.trim() !== this.resolver.name;
  }
  get isDirty(): boolean {
    return this.#image() !== this.#before;
  }
  /** The verdict, while it is about what is in the form. */
  get standing(): Verdict | null {
    return this.#tried?.image === this.#image() ? this.#tried.verdict : null;
  }

  async test(): Promise<void> {
    if (!this.#isFilled(["name"])) return;
    this.busy = "test";
    const image = this.#image();
    try {
      const stored = this.resolver === null ? undefined : this.resolver.name;
      const { value, detail } = await call("resolverTest", { ...this.#params(), type: this.type, resolver: stored });
      this.#tried = { image, verdict: toVerdict(value, String(detail?.description ?? ""), this.#text) };
    } catch (fault) {
      this.#tried = { image, verdict: { good: false, text: faultText(fault, this.#text) } };
    }
    this.busy = "";
  }

  /** The name it is stored by; null: it is not, and why stands in faults or refusal. */
  async save(): Promise<string | null> {
    if (!this.#isFilled([])) return null;
    this.busy = "save";
    const name = this.name.trim();
    try {
      await call("resolverSet", { ...this.#params(), resolver: name, type: this.type });
      this.#before = this.#image();
      return name;
    } catch (fault) {
      this.refusal = reasonText(faultText(fault, this.#text), this.#text);
      return null;
    } finally {
      this.busy = "";
    }
  }

  /** A secret that is not typed stays as it is stored. */
  #params(): Record<string, string> {
    const typed = this.fields.filter(({ name, kind }) => kind !== "secret" || this.values[name]);
    return Object.fromEntries(typed.map(({ name }) => [name, (this.values[name] ?? "").trim()]));
  }

  #isFilled(without: readonly string[]): boolean {
    this.refusal = null;
    const name = this.name.trim();
    const faults: Record<string, Phrase> = {};
    if (name === "") faults.name = "form.required";
    else if (!NAME.test(name) || name === RESERVED) faults.name = "resolvers.form.badName";
    else if (name !== this.resolver?.name && this.#taken.includes(name)) faults.name = "resolvers.form.taken";
    for (const { name: field, kind, required } of this.fields) {
      // The secrets of a copy are not known here.
      const isKept = kind === "secret" && this.resolver !== null && !this.isCopy;
      if (required && !isKept && !this.values[field]?.trim()) faults[`values.${field}`] = "form.required";
    }
    this.faults = Object.fromEntries(Object.entries(faults).filter(([field]) => !without.includes(field)));
    return Object.keys(this.faults).length === 0;
  }

  #image(): string {
    return JSON.stringify([this.name, this.type, this.values]);
  }
}
