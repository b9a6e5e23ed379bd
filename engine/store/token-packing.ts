// Token records as bytes for the packed map: 100-150 bytes where the object takes 900. Written and read field by field in the same order.
import type { Reader, Writer } from "./packing.ts";
import type { TokenRecord } from "./store.ts";

export interface TokenPacking {
  write(record: TokenRecord, into: Writer): void;
  read(from: Reader): TokenRecord;
}

/** A packing with a word list of its own: what one wrote no other can read. */
export function createTokenPacking(): TokenPacking {
  const words = createWordList();
  return {
    write(record, into) {
      const { owner } = record;
      into.number(record.id);
      into.text(record.serial);
      words.write(record.type, into);
      words.write(record.rolloutState, into);
      words.write(record.algorithm, into);
      into.number(
        (record.active ? 1 : 0) +
          (record.revoked ? 2 : 0) +
          (record.locked ? 4 : 0) +
          (record.pinHash === null ? 0 : 8) +
          (owner === null ? 0 : 16),
      );
      if (record.pinHash !== null) into.text(record.pinHash);
      into.bytes(record.keySealed);
      if (owner !== null) {
        words.write(owner.resolver, into);
        into.text(owner.userId);
        words.write(owner.realm, into);
      }
      into.number(record.version);
      into.number(record.otpLength);
      into.number(record.counter);
      into.number(record.countWindow);
      into.number(record.syncWindow);
      into.number(record.timeStep);
      into.number(record.timeWindow);
      into.number(record.timeShift);
      into.number(record.failCount);
      into.number(record.maxFail);
      into.number(record.failedSince);
      into.number(record.authCount);
      into.number(record.authCountMax);
      into.number(record.authSuccess);
      into.number(record.authSuccessMax);
      into.number(record.validFrom);
      into.number(record.validUntil);
      into.number(record.lastAuth);
      into.number(record.resyncCounter);
      into.number(record.resyncDue);
    },
    read(from) {
      const whole = () => from.number() as number;
      const id = whole();
      const serial = from.text();
      const type = words.read(from);
      const rolloutState = words.read(from);
      const algorithm = words.read(from) as TokenRecord["algorithm"];
      const flags = whole();
      const pinHash = flags & 8 ? from.text() : null;
      const keySealed = from.bytes();
      // Properties are evaluated in the order they are written in.
      const owner = flags & 16 ? { resolver: words.read(from), userId: from.text(), realm: words.read(from) } : null;
      return {
        id,
        serial,
        type,
        version: whole(),
        active: (flags & 1) !== 0,
        revoked: (flags & 2) !== 0,
        locked: (flags & 4) !== 0,
        rolloutState,
        pinHash,
        keySealed,
        otpLength: whole(),
        algorithm,
        counter: whole(),
        countWindow: whole(),
        syncWindow: whole(),
        timeStep: whole(),
        timeWindow: whole(),
        timeShift: whole(),
        failCount: whole(),
        maxFail: whole(),
        failedSince: from.number(),
        authCount: whole(),
        authCountMax: from.number(),
        authSuccess: whole(),
        authSuccessMax: from.number(),
        validFrom: from.number(),
        validUntil: from.number(),
        lastAuth: from.number(),
        resyncCounter: from.number(),
        resyncDue: from.number(),
        owner,
      };
    },
  };
}

/** Enough for types, states, resolvers and realms; what comes later is written out. */
const MOST_WORDS = 1000;

/** Strings of which there are few: the number of the word, or null and the text. */
function createWordList() {
  const words: string[] = [];
  const numbers = new Map<string, number>();
  return {
    write(word: string, into: Writer): void {
      let number = numbers.get(word);
      if (number === undefined && words.length < MOST_WORDS) {
        number = words.length;
        words.push(word);
        numbers.set(word, number);
      }
      into.number(number ?? null);
      if (number === undefined) into.text(word);
    },
    read(from: Reader): string {
      const number = from.number();
      return number === null ? from.text() : (words[number] ?? "");
    },
  };
}
