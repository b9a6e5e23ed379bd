// Users, their sources and realms (rest-api.md 2.4 and 2.6).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { list, optional, text } from "../params.ts";

const realmSchema = Type.Object({
  id: Type.Integer(),
  option: Type.String(),
  default: Type.Boolean(),
  resolver: Type.Array(
    Type.Object({ name: Type.String(), type: Type.String(), priority: Type.Union([Type.Integer(), Type.Null()]) }),
  ),
});
const realmName = text("realm; letters, digits, `_`, `-` and `.`", { maxLength: 255, empty: "refuse" });
const resolverName = text("resolver; letters, digits, `_`, `-` and `.`", { maxLength: 255, empty: "refuse" });
const id = Type.Integer({ description: "number of the row" });

export const user = {
  userList: endpoint({
    methods: ["GET"],
    paths: ["/user/"],
    access: "user",
    right: "userlist",
    tag: "user",
    summary: "Search users",
    description:
      "Any attribute may be given as a parameter, with `*` for any text. Without realm and resolver all realms are searched.",
    open: true,
    params: Type.Object({
      realm: optional(text("search this realm", { empty: "absent", maxLength: 255 })),
      resolver: optional(text("search this resolver", { empty: "absent", maxLength: 255 })),
      user: optional(text("login name", { empty: "absent" })),
      username: optional(text("login name", { empty: "absent" })),
    }),
    value: Type.Array(Type.Record(Type.String(), Type.Unknown())),
    errors: ["not_found"],
  }),
  resolverList: endpoint({
    methods: ["GET"],
    paths: ["/resolver/", "/resolver/:resolver"],
    access: "admin",
    right: "resolverread",
    tag: "resolver",
    summary: "List user sources",
    params: Type.Object({
      resolver: optional(resolverName),
      type: optional(text("only this type", { empty: "absent" })),
      editable: optional(text("`1`: only those that can be written to, `0`: only others", { empty: "absent" })),
    }),
    value: Type.Record(
      Type.String(),
      Type.Object({
        type: Type.String(),
        resolvername: Type.String(),
        censor_keys: Type.Array(Type.String()),
        data: Type.Record(Type.String(), Type.String()),
      }),
    ),
  }),
  resolverSet: endpoint({
    methods: ["POST"],
    paths: ["/resolver/:resolver"],
    access: "admin",
    right: "resolverwrite",
    tag: "resolver",
    summary: "Create or change a user source",
    description:
      "Fields that are not given keep their value; `__CENSORED__` keeps a secret. The type of an existing source can not change. " +
      "passwdresolver: `Filename`, a file in passwd format below one of the directories of the setting users.passwd_directories.",
    open: true,
    params: Type.Object({ resolver: resolverName, type: text("passwdresolver", { empty: "refuse" }) }),
    value: id,
    errors: ["config_admin", "missing_parameter", "resolver_name", "resolver_type_fixed"],
  }),
  resolverTest: endpoint({
    methods: ["POST"],
    paths: ["/resolver/test"],
    access: "admin",
    right: "resolverwrite",
    tag: "resolver",
    summary: "Try a user source without saving it",
    open: true,
    params: Type.Object({
      type: text("passwdresolver", { empty: "refuse" }),
      resolver: optional(text("take stored values of this one", { empty: "absent", maxLength: 255 })),
    }),
    value: Type.Boolean(),
    detail: Type.Object({ description: Type.String() }, { additionalProperties: true }),
    errors: ["config_admin", "missing_parameter"],
  }),
  resolverDelete: endpoint({
    methods: ["DELETE"],
    paths: ["/resolver/:resolver"],
    access: "admin",
    right: "resolverdelete",
    tag: "resolver",
    summary: "Delete a user source that is in no realm",
    params: Type.Object({ resolver: resolverName }),
    value: Type.Integer({ description: "number of the row, -1 if there was none" }),
    errors: ["resolver_in_realm"],
  }),
  realmList: endpoint({
    methods: ["GET"],
    paths: ["/realm/"],
    access: "admin",
    tag: "realm",
    summary: "List realms",
    params: Type.Object({}),
    value: Type.Record(Type.String(), realmSchema),
  }),
  realmSet: endpoint({
    methods: ["POST"],
    paths: ["/realm/:realm"],
    access: "admin",
    right: "resolverwrite",
    tag: "realm",
    summary: "Create a realm or replace its user sources",
    description: "`priority.<resolver>` (1 to 999, lower first) orders the sources. The first realm becomes the default one.",
    open: true,
    params: Type.Object({ realm: realmName, resolvers: list("resolver names") }),
    value: Type.Object({ added: Type.Array(Type.String()), failed: Type.Array(Type.String()) }),
    errors: ["realm_name"],
  }),
  realmDelete: endpoint({
    methods: ["DELETE"],
    paths: ["/realm/:realm"],
    access: "admin",
    right: "resolverdelete",
    tag: "realm",
    summary: "Delete a realm",
    description: "Its tokens keep their owner, but he can not log in until the user source is in a realm again.",
    params: Type.Object({ realm: realmName }),
    value: id,
    errors: ["not_found"],
  }),
  defaultRealmGet: endpoint({
    methods: ["GET"],
    paths: ["/defaultrealm"],
    access: "admin",
    tag: "realm",
    summary: "The default realm",
    params: Type.Object({}),
    value: Type.Record(Type.String(), realmSchema),
  }),
  defaultRealmSet: endpoint({
    methods: ["POST"],
    paths: ["/defaultrealm/:realm"],
    access: "admin",
    right: "resolverwrite",
    tag: "realm",
    summary: "Make a realm the default one",
    params: Type.Object({ realm: realmName }),
    value: id,
    errors: ["not_found"],
  }),
  defaultRealmDelete: endpoint({
    methods: ["DELETE"],
    paths: ["/defaultrealm"],
    access: "admin",
    right: "resolverdelete",
    tag: "realm",
    summary: "Have no default realm",
    params: Type.Object({}),
    value: Type.Integer({ description: "1, or 0 if there was none" }),
  }),
};
