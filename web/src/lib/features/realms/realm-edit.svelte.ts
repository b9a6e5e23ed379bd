// A realm while it is made or changed: its name, the sources it is made of and the order they are searched in.
import { call } from "../../api/call.ts";
import { faultText } from "../../api/fault-text.ts";
import type { Phrase, Text } from "../../text/text.ts";
import { type Realm, toRealmName } from "./realm.ts";

export interface Member {
  name: string;
  type: string;
  chosen: boolean;
  /** 1 to 999, lower first; "" last (F05). */
  priority: string;
}

const NAME = /^[a-z0-9_.-]{1,255}$/;
/** A word of the address GET /realm/superuser. */
const RESERVED = "superuser";

export class RealmEdit {
  name = $state("");
  isDefault = $state(false);
  members = $state<Member[]>([]);
  faults = $state.raw<Record<string, Phrase>>({});
  refusal = $state<string | null>(null);
  busy = $state(false);
  readonly #text: Text;
  readonly #realm: Realm | null;
  readonly #taken: readonly string[];
  #before = "";

  /** @param realm null: a new one; @param sources all that there are; @param taken names of realms; @param preset source to begin with */
  constructor(
    text: Text,
    realm: Realm | null,
    sources: readonly { name: string; type: string }[],
    taken: readonly string[],
    preset = "",
  ) {
    this.#text = text;
    this.#realm = realm;
    this.#taken = taken;
    this.name = realm?.name ?? "";
    // The engine makes the first realm the default one (F07).
    this.isDefault = realm ? realm.isDefault : taken.length === 0;
    const alone = realm === null && sources.length === 1;
    this.members = sources.map(({ name, type }) => {
      const member = realm?.sources.find((one) => one.name === name);
      return { name, type, chosen: member !== undefined || name === preset || alone, priority: String(member?.priority ?? "") };
    });
    this.#before = this.#image();
  }

  get isDirty(): boolean {
    return this.#image() !== this.#before;
  }

  /** Chosen sources as the engine will search them. */
  get order(): readonly string[] {
    const rank = ({ priority }: Member) => (priority.trim() === "" ? Number.POSITIVE_INFINITY : Number(priority));
    const chosen = this.members.filter((member) => member.chosen);
    return chosen
      .toSorted((a, b) => (rank(a) === rank(b) ? a.name.localeCompare(b.name) : rank(a) - rank(b)))
      .map(({ name }) => name);
  }

  /** The name of the realm as it is stored; null: it is not, and why stands in faults or refusal. */
  async save(): Promise<string | null> {
    this.refusal = null;
    this.faults = this.#findFaults();
    if (Object.keys(this.faults).length > 0) return null;
    this.busy = true;
    const name = toRealmName(this.name);
    try {
      const chosen = this.members.filter((member) => member.chosen);
      const priorities = chosen
        .filter(({ priority }) => priority.trim() !== "")
        .map((one) => [`priority.${one.name}`, Number(one.priority)]);
      const { value } = await call("realmSet", {
        realm: name,
        resolvers: chosen.map((one) => one.name),
        ...Object.fromEntries(priorities),
      });
      if (value.failed.length > 0) {
        this.refusal = this.#text.t("realms.form.failed", { names: value.failed.join(", ") });
        return null;
      }
      if (this.isDefault && !this.#realm?.isDefault) await call("defaultRealmSet", { realm: name });
      if (!this.isDefault && this.#realm?.isDefault) await call("defaultRealmDelete", {});
      this.#before = this.#image();
      return name;
    } catch (fault) {
      this.refusal = faultText(fault, this.#text);
      return null;
    } finally {
      this.busy = false;
    }
  }

  #findFaults(): Record<string, Phrase> {
    const name = toRealmName(this.name);
    const faults: Record<string, Phrase> = {};
    if (name === "") faults.name = "form.required";
    else if (!NAME.test(name) || name === RESERVED) faults.name = "realms.form.badName";
    // F04: the engine would overwrite it.
    else if (this.#realm === null && this.#taken.includes(name)) faults.name = "realms.form.taken";
    const chosen = this.members.filter((member) => member.chosen);
    if (chosen.length === 0) faults.sources = "realms.form.noSource";
    for (const member of chosen) {
      const text = member.priority.trim();
      if (text !== "" && !/^[1-9]\d{0,2}$/.test(text))
        faults[`priority.${member.name}`] = { key: "form.range", words: { min: 1, max: 999 } };
    }
    return faults;
  }

  #image(): string {
    return JSON.stringify([this.name, this.isDefault, this.members]);
  }
}
