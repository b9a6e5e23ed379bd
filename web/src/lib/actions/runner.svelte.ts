// Runs the actions of items: asks what has to be asked, does it to one or to many, says what came of it.
//
//   idle ──start──▶ asking ──submit──▶ running ──▶ idle (one item: a toast)
//     │               │ cancel            └──────▶ report (many, or a secret) ──close──▶ idle
//     └─ nothing to ask: running at once
import { faultText } from "../api/fault-text.ts";
import type { Phrase, Text } from "../text/text.ts";
import { type FormField, type FormValues, findFaults, initialValues } from "../ui/form/fields.ts";
import { toasts } from "../ui/toast.svelte.ts";
import type { ItemAction, Outcome } from "./action.ts";

/** So many items are worked on at once; more would only wait in the engine. */
const AT_ONCE = 4;

export interface Failure {
  name: string;
  text: string;
}

export class ActionRunner<Item> {
  phase = $state<"idle" | "asking" | "running" | "report">("idle");
  action = $state.raw<ItemAction<Item> | null>(null);
  items = $state.raw<readonly Item[]>([]);
  fields = $state.raw<readonly FormField[]>([]);
  values = $state<FormValues>({});
  faults = $state.raw<Record<string, Phrase>>({});
  /** What the engine said to the last try of one item. */
  refusal = $state<string | null>(null);
  done = $state(0);
  failures = $state.raw<readonly Failure[]>([]);
  secret = $state.raw<Outcome["secret"]>(undefined);
  #stopped = false;
  readonly #text: Text;
  readonly nameOf: (item: Item) => string;
  readonly #after: (action: ItemAction<Item>, items: readonly Item[]) => void | Promise<void>;

  /** @param after runs when something was changed: reload, or leave the page */
  constructor(
    text: Text,
    nameOf: (item: Item) => string,
    after: (action: ItemAction<Item>, items: readonly Item[]) => void | Promise<void>,
  ) {
    this.#text = text;
    this.nameOf = nameOf;
    this.#after = after;
  }

  get isBulk(): boolean {
    return this.items.length > 1;
  }

  start(action: ItemAction<Item>, items: readonly Item[]): void {
    const [first] = items;
    if (first === undefined || this.phase === "running") return;
    this.action = action;
    this.items = items;
    this.fields = action.fields?.(first) ?? [];
    this.values = initialValues(this.fields);
    this.faults = {};
    this.refusal = null;
    this.secret = undefined;
    const mustAsk = action.question !== undefined || this.fields.length > 0 || items.length > 1;
    this.phase = mustAsk ? "asking" : "idle";
    if (!mustAsk) void this.#runOne(action, first);
  }

  submit(): void {
    const [first] = this.items;
    if (this.action === null || first === undefined) return;
    this.faults = findFaults(this.fields, this.values);
    if (Object.keys(this.faults).length > 0) return;
    void (this.isBulk ? this.#runMany(this.action) : this.#runOne(this.action, first));
  }

  /** No further item is begun. */
  stop(): void {
    this.#stopped = true;
  }

  close(): void {
    if (this.phase === "running") return;
    this.phase = "idle";
    this.values = {};
    this.secret = undefined;
  }

  async #runOne(action: ItemAction<Item>, item: Item): Promise<void> {
    const asked = this.phase === "asking";
    if (asked) this.phase = "running";
    const { t } = this.#text;
    try {
      const outcome = (await action.perform(item, { ...this.values })) ?? {};
      if (outcome.good === false) {
        this.#refuse(asked, t(outcome.text ?? action.done, { name: this.nameOf(item) }));
        return;
      }
      this.phase = "idle";
      this.values = {};
      await this.#after(action, [item]);
      if (outcome.secret) {
        this.secret = outcome.secret;
        this.phase = "report";
      } else toasts.show("good", t(outcome.text ?? action.done, { name: this.nameOf(item) }));
    } catch (fault) {
      this.#refuse(asked, faultText(fault, this.#text));
    }
  }

  /** Beside the fields if there are any, so that nothing typed is lost. */
  #refuse(asked: boolean, text: string): void {
    this.phase = asked ? "asking" : "idle";
    if (asked) this.refusal = text;
    else toasts.show("bad", text);
  }

  async #runMany(action: ItemAction<Item>): Promise<void> {
    this.phase = "running";
    this.done = 0;
    this.failures = [];
    this.#stopped = false;
    const queue = [...this.items];
    const values = { ...this.values };
    const work = async () => {
      for (let item = queue.shift(); item !== undefined && !this.#stopped; item = queue.shift()) {
        const text = await perform(action, item, values, this.#text, this.nameOf(item));
        if (text !== null) this.failures = [...this.failures, { name: this.nameOf(item), text }];
        this.done++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.phase = "report";
    this.values = {};
    await this.#after(action, this.items);
  }
}

/** null: done; else what was wrong. */
async function perform<Item>(action: ItemAction<Item>, item: Item, values: FormValues, text: Text, name: string) {
  try {
    const outcome = await action.perform(item, values);
    return outcome?.good === false ? text.t(outcome.text ?? action.done, { name }) : null;
  } catch (fault) {
    return faultText(fault, text);
  }
}
