// What can be done right now: the actions of the page that is shown and those that are everywhere. Palette, shortcuts and the `?`
// sheet read it.
import type { Action } from "./action.ts";

let everywhere = $state.raw<readonly Action[]>([]);
let ofPage = $state.raw<readonly Action[]>([]);

export const registry = {
  get everywhere() {
    return everywhere;
  },
  get ofPage() {
    return ofPage;
  },
};

/** Call it while a page is set up: its actions count as long as it is shown. @param read runs again when what it reads changes */
export function offerActions(read: () => readonly Action[]): void {
  $effect(() => {
    const mine = read();
    ofPage = mine;
    return () => {
      if (ofPage === mine) ofPage = [];
    };
  });
}

/** For the shell. */
export function offerEverywhere(read: () => readonly Action[]): void {
  $effect(() => {
    everywhere = read();
  });
}
