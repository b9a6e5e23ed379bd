// Everything that can be done is an object of this form; buttons, menus, the bulk bar, the palette and the list of shortcuts
// show the same objects.
import type { MessageKey, Phrase } from "../text/text.ts";
import type { FormField, FormValues } from "../ui/form/fields.ts";
import type { IconName } from "../ui/icons.ts";

/** Something to do on this page, or everywhere. */
export interface Action {
  id: string;
  label: Phrase;
  icon: IconName;
  /** Lower case, joined by "+": "alt+e", "/", "?". */
  shortcut?: string;
  /** The right of the engine that it needs; shown only to who has it. */
  right?: string;
  danger?: boolean;
  run(): void;
}

/** What came of an action beside the toast. */
export interface Outcome {
  /** In place of the action's `done`; `good: false` shows it as a fault. */
  text?: Phrase;
  good?: boolean;
  /** Shown once, with a button to copy it: a password or PIN the engine made. */
  secret?: { label: MessageKey; value: string };
}

/** Something to do with an item of a list: a token, a user. One definition for one item and for many. */
export interface ItemAction<Item> {
  id: string;
  label: MessageKey;
  icon: IconName;
  shortcut?: string;
  right?: string;
  danger?: boolean;
  /** Also for a selection of many. */
  bulk?: boolean;
  /** Whether it makes sense for this item; always, where absent. */
  fits?(item: Item): boolean;
  /** Asked first. `{name}` stands for the item, or for "23 selected entries": word it so that both fit. */
  question?: MessageKey | ((item: Item) => Phrase);
  /** On the button that does it, where `label` would say what the dialog is about already. */
  submit?: MessageKey;
  /** What it needs to know; for many items `item` is the first of them. */
  fields?(item: Item): readonly FormField[];
  /** Does it. Errors: CallError, whose message is shown. */
  perform(item: Item, values: FormValues): Promise<Outcome | undefined>;
  /** Said when it is done. `{name}` stands for the item. */
  done: MessageKey;
}

export const isAllowed = ({ right }: { right?: string }, rights: readonly string[]): boolean =>
  right === undefined || rights.includes(right);
