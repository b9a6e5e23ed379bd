// Which lines of the palette fit what was typed, the best first.
import type { Action } from "../actions/action.ts";

export interface PaletteLine {
  action: Action;
  /** Its words in the language of the person. */
  label: string;
  /** Heading it stands below. */
  section: string;
}

/** Every word that was typed is in the label; the sooner, the better. Without words all lines, as they come. */
export function searchLines(lines: readonly PaletteLine[], typed: string): readonly PaletteLine[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return lines;
  return lines
    .map((line) => ({ line, place: Math.max(...words.map((word) => placeOf(word, line.label.toLowerCase()))) }))
    .filter(({ place }) => place < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.place - b.place)
    .map(({ line }) => line);
}

/** The beginning of a word counts more than its middle. */
function placeOf(word: string, label: string): number {
  const at = label.indexOf(word);
  if (at === -1) return Number.POSITIVE_INFINITY;
  return at === 0 || !/[\p{L}\d]/u.test(label[at - 1] ?? "") ? at : at + 100;
}
