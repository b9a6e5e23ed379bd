// Token groups (rest-api.md 2.10; manual L4421-4433).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { optional, text } from "../params.ts";

const groupname = text("name of the group; letters, digits, `_`, `-` and `.`", { maxLength: 255, empty: "refuse" });

export const tokenGroup = {
  groupList: endpoint({
    methods: ["GET"],
    paths: ["/tokengroup/", "/tokengroup/:groupname"],
    access: "admin",
    right: "tokengroup_list",
    tag: "tokengroup",
    summary: "List token groups",
    params: Type.Object({ groupname: optional(groupname) }),
    value: Type.Record(Type.String(), Type.Object({ id: Type.Integer(), description: Type.String() })),
    errors: ["not_found"],
  }),
  groupSet: endpoint({
    methods: ["POST"],
    paths: ["/tokengroup/:groupname"],
    access: "admin",
    right: "tokengroup_add",
    tag: "tokengroup",
    summary: "Create a token group, or change its description",
    params: Type.Object({ groupname, description: optional(text("free text")) }),
    value: Type.Integer({ description: "number of the group" }),
    errors: ["group_name"],
  }),
  groupDelete: endpoint({
    methods: ["DELETE"],
    paths: ["/tokengroup/:groupname"],
    access: "admin",
    right: "tokengroup_delete",
    tag: "tokengroup",
    summary: "Delete a token group",
    description: "Its tokens stay; they are no longer in it.",
    params: Type.Object({ groupname }),
    value: Type.Literal(1),
    errors: ["not_found"],
  }),
};
