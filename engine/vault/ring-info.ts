// What may be told and asked of a key ring outside of the vault. No key is in here.

/** How keyring.json is sealed (ring-seal.ts). */
export type RingForm = "plain" | "passphrase" | "device";

/** What may be told of a seal key. */
export interface SealKeyInfo {
  /** 8 hex digits */
  id: string;
  /** It lies in the ring, or in a security module and the ring has its name. */
  kind: "file" | "pkcs11";
  /** milliseconds since 1970; null in rings made before this was kept */
  createdAt: number | null;
  /** When another key took its place; null while it is active, and in older rings. */
  retiredAt: number | null;
  /** Of a key in a module. */
  label: string | null;
}

/** What may be told of a ring. While it is locked only its form is known. */
export interface RingInfo {
  form: RingForm;
  open: boolean;
  /** Id of the key that new values are sealed under; null while locked */
  active: string | null;
  /** Oldest first. */
  keys: SealKeyInfo[];
}

/** A change of a ring. */
export type RingEdit =
  /** A new seal key becomes the active one. `label`: it is made in the security module, under this label. `now`: ms since 1970. */
  { do: "add-key"; label: string | null; now: number } | { do: "drop-key"; id: string } | { do: "seal"; how: RingSealChoice };

export type RingSealChoice =
  | { form: "plain" }
  | { form: "passphrase"; passphrase: string }
  /** By a key of this label in the security module: the one that is there, or a new one. */
  | { form: "device"; label: string };
