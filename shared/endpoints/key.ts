// The key ring: what seals the secrets in the database. Ours; the contract knows /system/hsm only (system.ts).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { choice, optional } from "../params.ts";

const time = Type.Union([Type.Integer(), Type.Null()], { description: "milliseconds since 1970" });
const id = Type.String({ description: "8 hex digits; every sealed value carries the one of its key" });

export const key = {
  keyStatus: endpoint({
    methods: ["GET"],
    paths: ["/system/keys"],
    access: "admin",
    right: "keyread",
    tag: "system",
    summary: "Which keys there are, and how many values each one seals",
    description: "The counts are read from the values themselves; with a million tokens that takes a second or two.",
    params: Type.Object({}),
    value: Type.Object({
      form: Type.Union([Type.Literal("plain"), Type.Literal("passphrase"), Type.Literal("device")], {
        description: "what seals the ring: nothing but the mode of its file, a passphrase, a key in a security module",
      }),
      open: Type.Boolean(),
      reason: Type.Union([Type.String(), Type.Null()], { description: "why it is locked, or its keys can not be used" }),
      active: Type.Union([id, Type.Null()], { description: "the key that seals new values; null while the ring is locked" }),
      keys: Type.Array(
        Type.Object({
          id,
          kind: Type.Union([Type.Literal("file"), Type.Literal("pkcs11")]),
          createdAt: time,
          retiredAt: time,
          label: Type.Union([Type.String(), Type.Null()], { description: "of a key in a security module" }),
        }),
      ),
      sealed: Type.Record(Type.String(), Type.Integer(), { description: "values under each key, by its id" }),
      left: Type.Union([Type.Integer(), Type.Null()], { description: "values that are not under the active key" }),
    }),
  }),
  keyRotate: endpoint({
    methods: ["POST"],
    paths: ["/system/keys/rotate"],
    access: "admin",
    right: "keyrotate",
    tag: "system",
    summary: "Make a new key and bring every sealed value under it",
    description:
      "Starts a job (GET /job/…). A rotation that was stopped, or ended with the server, is taken up without another new key. " +
      "The older keys stay in the ring until `ostiary key drop`.",
    params: Type.Object({
      where: optional(choice("where the new key is made; where the active one is, if absent", ["ring", "module"])),
    }),
    value: Type.Object({ job: Type.String() }),
    errors: ["ring_in_use"],
  }),
};
