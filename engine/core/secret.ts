// A value that must not be seen: prints as [secret], cannot be serialised, compared or joined to a string by accident.

const texts = new WeakMap<Secret, string>();

export class Secret {
  constructor(text: string) {
    texts.set(this, text);
  }
  toString(): string {
    return "[secret]";
  }
  toJSON(): never {
    throw new TypeError("a Secret cannot be serialised");
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

/** The clear text of a secret. Call it only where the value is hashed, sealed, compared or shown once. */
export function reveal(secret: Secret): string {
  return texts.get(secret) ?? "";
}
