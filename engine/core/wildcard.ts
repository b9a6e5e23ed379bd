// Search patterns of the REST API: `*` stands for any text, also none; everything else is literal; case does not count.
// No regular expression: the time is bounded by pattern times text whatever somebody types.

/**
 * Compiles a pattern.
 * @returns a function that tells whether a whole text matches
 */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const [head = "", ...rest] = pattern.toLowerCase().split("*");
  const tail = rest.pop();
  if (tail === undefined) return (text) => text.toLowerCase() === head;
  const middle = rest.filter((piece) => piece !== "");
  return (text) => {
    const folded = text.toLowerCase();
    const end = folded.length - tail.length;
    if (end < head.length || !folded.startsWith(head) || !folded.endsWith(tail)) return false;
    // The leftmost place of each piece leaves the most room for the next.
    let at = head.length;
    for (const piece of middle) {
      const found = folded.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= end;
  };
}
