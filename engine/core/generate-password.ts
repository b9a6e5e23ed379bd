// Random passwords and PINs after a contents specifier (rest-api.md 3.6, manual L4273-4315, L6133):
//
//   cn       characters of the named classes, each class at least once when the length allows
//   +cn      characters of the named classes, none of them required
//   -cn      characters of the other classes
//   [abc1]   these characters

export type ContentClasses = Readonly<Record<string, string>>;

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const SPECIALS = "_-+*/=#!$%&(),.:;<>?@[]^{}|~";

/** Of pw tokens and PINs. */
export const commonClasses: ContentClasses = { c: UPPER + LOWER, n: DIGITS, s: SPECIALS };

/** Of the password that stands in for a lost token; `8` is base58, without the characters that look alike (L6133-6148). */
export const lostTokenClasses: ContentClasses = {
  c: LOWER,
  C: UPPER,
  n: DIGITS,
  s: "!#$%&()*+,-./:;<=>?@[]^_",
  "8": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
};

/**
 * `length` characters after `contents` (for instance "cn"). Null for a specifier it does not know.
 * `pick(n)` is the source of randomness: an unbiased number from 0 to n-1, such as randomInt of node:crypto.
 */
export function generatePassword(
  length: number,
  contents: string,
  pick: (below: number) => number,
  classes: ContentClasses = commonClasses,
): string | null {
  const sources = readContents(contents, classes);
  if (sources === null) return null;
  const characters = Array.from({ length }, (_, index) => {
    const source = sources.required[index] ?? sources.alphabet;
    return source.charAt(pick(source.length));
  });
  // Fisher-Yates, so that the required ones do not stand in front.
  for (let last = characters.length - 1; last > 0; last--) {
    const other = pick(last + 1);
    const moved = characters[last] ?? "";
    characters[last] = characters[other] ?? "";
    characters[other] = moved;
  }
  return characters.join("");
}

/** The characters to choose from, and the classes one of each is required of. */
function readContents(contents: string, classes: ContentClasses): { alphabet: string; required: string[] } | null {
  const literal = /^\[([\x20-\x7e]+)\]$/.exec(contents)?.[1];
  if (literal !== undefined) return { alphabet: [...new Set(literal)].join(""), required: [] };
  const sign = contents.startsWith("+") || contents.startsWith("-") ? contents.charAt(0) : "";
  const named = [...new Set(contents.slice(sign.length))];
  if (named.length === 0 || named.some((letter) => !Object.hasOwn(classes, letter))) return null;
  const chosen = sign === "-" ? Object.keys(classes).filter((letter) => !named.includes(letter)) : named;
  const sources = chosen.map((letter) => classes[letter] ?? "");
  return sources.length === 0 ? null : { alphabet: sources.join(""), required: sign === "" ? sources : [] };
}
