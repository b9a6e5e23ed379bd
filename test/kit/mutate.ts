// Inputs that are nearly right: a valid one with a few things changed. All of it follows from one number.

/** Numbers from 0 to below `bound`. */
export type Dice = (bound: number) => number;

/** mulberry32: small, quick, good enough to choose what to change. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

const encode = (text: string): Buffer => Buffer.from(text, "utf8");

/** Things that parsers have stumbled over. */
const TOKENS = [
  ...["", "\0", "%", "%00", "%ff", "%2", "+", "\\", '"', "'", "`", "$", "&", "=", ";", ":", ",", ".", "..", "/", "//", "*", "?"],
  ...["[", "]", "{", "}", "(", ")", "<", ">", "-", "--", "_", "#", "!", "|", "~", "^", "\n", "\r\n", "\r", "\t", " "],
  ...["null", "true", "false", "NaN", "Infinity", "[]", "{}", "[[", '""', "undefined", "__proto__", "constructor", "toString"],
  ...[
    "0",
    "-0",
    "-1",
    "1",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "1e308",
    "1e400",
    "0x10",
    "1.5",
  ],
  ...["99999999999999999999999999999999999999999", "００", "\u00e9", "\ud83d\ude00", "\ufeff", "\u2028", "\u202e", "\u0000"],
].map(encode);
const BROKEN = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]].map((bytes) =>
  Buffer.from(bytes),
);
const NUMBERS = TOKENS.filter((token) => /^-?[\d.]+(?:e\d+)?$/.test(token.toString()));

type Change = (input: Buffer, dice: Dice, others: readonly Buffer[], own: readonly Buffer[]) => Buffer;

const splice = (input: Buffer, from: number, to: number, middle: Uint8Array): Buffer =>
  Buffer.concat([input.subarray(0, from), middle, input.subarray(to)]);
const pick = <T>(list: readonly T[], dice: Dice): T => list[dice(list.length)] as T;
/** Two places, in order, mostly near each other. */
function range({ length }: Buffer, dice: Dice): [number, number] {
  const from = dice(length + 1);
  return [from, Math.min(length, from + dice(dice(4) === 0 ? length + 1 : 9))];
}

const CHANGES: readonly Change[] = [
  (input, dice) => {
    const changed = Buffer.from(input);
    if (changed.length > 0) changed[dice(changed.length)] = dice(256);
    return changed;
  },
  (input, dice) => {
    const changed = Buffer.from(input);
    const at = dice(changed.length);
    if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 << dice(8));
    return changed;
  },
  (input, dice) => splice(input, ...range(input, dice), Buffer.alloc(0)),
  (input, dice) => input.subarray(0, dice(input.length + 1)),
  (input, dice) => {
    const [from, to] = range(input, dice);
    return splice(input, to, to, input.subarray(from, to));
  },
  (input, dice) => {
    const [from, to] = range(input, dice);
    const times = [2, 10, 100, 3000][dice(4)] ?? 2;
    return splice(input, to, to, Buffer.concat(Array<Uint8Array>(times).fill(input.subarray(from, to))));
  },
  (input, dice) => splice(input, ...range(input, dice), pick(TOKENS, dice)),
  (input, dice, _others, own) => splice(input, ...range(input, dice), pick(own.length > 0 ? own : TOKENS, dice)),
  (input, dice) => {
    const at = dice(input.length + 1);
    return splice(input, at, at, pick(dice(4) === 0 ? BROKEN : TOKENS, dice));
  },
  (input, dice, others) => {
    const other = pick(others, dice);
    return splice(input, ...range(input, dice), other.subarray(...range(other, dice)));
  },
  (input, dice) => {
    // A number that stands there becomes another.
    const numbers = [...input.toString("latin1").matchAll(/\d+/g)];
    const found = numbers.length > 0 ? pick(numbers, dice) : undefined;
    return found ? splice(input, found.index, found.index + found[0].length, pick(NUMBERS, dice)) : input;
  },
];

const MOST_BYTES = 64 * 1024;

/** One of `corpus` with one to six changes; `own`: tokens of its grammar. At most 64 KiB. */
export function mutate(corpus: readonly Buffer[], dice: Dice, own: readonly Buffer[] = []): Buffer {
  let input = pick(corpus, dice);
  for (let left = 1 + dice(dice(3) === 0 ? 6 : 2); left > 0; left--)
    input = pick(CHANGES, dice)(input, dice, corpus, own).subarray(0, MOST_BYTES);
  return input;
}
