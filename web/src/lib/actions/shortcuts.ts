// From a key press to an action.
import type { Action } from "./action.ts";

/** "alt+e"; letters by the key they stand on, so that Alt does not turn them into signs. */
export function nameOfPress(event: KeyboardEvent): string {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
  const key = event.altKey || event.ctrlKey || event.metaKey ? (letter ?? event.key.toLowerCase()) : event.key.toLowerCase();
  const modifiers = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.altKey ? "alt" : ""].filter(Boolean);
  return [...modifiers, key].join("+");
}

/** Somebody types: a bare key is a letter then, and no command. */
function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** The action a key press means; null: none. */
export function findPressed(event: KeyboardEvent, actions: readonly Action[]): Action | null {
  const press = nameOfPress(event);
  if (!press.includes("+") && isTyping(event)) return null;
  return actions.find(({ shortcut }) => shortcut === press) ?? null;
}
