// The known word a mistyped one most likely was: settings, commands and options say "did you mean …?".

/** Longer words are never near anything: the comparison costs the product of the lengths. */
const MAX_LENGTH = 80;

/** The word of `known` with the fewest letters to change, if a third of them or fewer are wrong (two at least are forgiven). */
export function findNearestWord(word: string, known: readonly string[]): string | null {
  const limit = Math.max(2, Math.floor(word.length / 3));
  let best: { word: string; far: number } | null = null;
  for (const candidate of known) {
    const far = measureDistance(word, candidate);
    if (far <= limit && (best === null || far < best.far)) best = { word: candidate, far };
  }
  return best?.word ?? null;
}

/** Levenshtein distance; infinite for words over MAX_LENGTH characters. */
function measureDistance(a: string, b: string): number {
  if (a.length > MAX_LENGTH || b.length > MAX_LENGTH) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
