// Random passwords after a contents specifier (rest-api.md 3.6): c letters, n digits, s specials; each class that is named
// occurs at least once when the length allows.
const CLASSES: Record<string, string> = {
  c: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
  n: "0123456789",
  s: "_-+*/=#!$%&(),.:;<>?@[]^{}|~",
};

/**
 * `length` characters from the classes of `contents` (for instance "cn"). Null for a specifier it does not know.
 * `pick(n)` is the source of randomness: an unbiased number from 0 to n-1, such as randomInt of node:crypto.
 */
export function generatePassword(length: number, contents: string, pick: (below: number) => number): string | null {
  const classes = [...new Set(contents)].map((letter) => CLASSES[letter]);
  if (classes.length === 0 || classes.includes(undefined)) return null;
  const alphabet = classes.join("");
  const characters = Array.from({ length }, (_, index) => {
    const source = classes[index] ?? alphabet;
    return source.charAt(pick(source.length));
  });
  // Fisher-Yates, so that the guaranteed ones do not stand in front.
  for (let last = characters.length - 1; last > 0; last--) {
    const other = pick(last + 1);
    const moved = characters[last] ?? "";
    characters[last] = characters[other] ?? "";
    characters[other] = moved;
  }
  return characters.join("");
}
