// Token groups: their list, a new one, another description, the end of one.

import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { FormField } from "../../ui/form/fields.ts";
import type { Column } from "../../ui/table/columns.ts";
import type { ListDefinition } from "../../ui/table/list-state.ts";

export interface TokenGroup {
  name: string;
  description: string;
}

export const groupListDefinition: ListDefinition = {
  defaultSort: "name",
  defaultDir: "asc",
  filters: ["name", "description"],
  sorts: ["name", "description"],
};

export const groupColumns: readonly Column<TokenGroup>[] = [
  { id: "name", label: "groups.name", sort: "name", text: ({ name }) => name },
  { id: "description", label: "groups.description", sort: "description", room: 2, text: ({ description }) => description || "—" },
  { id: "tokens", label: "groups.tokens", text: () => "" },
];

const descriptionField = (initial: string): FormField => ({
  name: "description",
  label: "groups.description",
  kind: "text",
  maxLength: 2000,
  initial,
});

export const noGroup: TokenGroup = { name: "", description: "" };

/** Of no group in particular: run it with `noGroup`. */
export function newGroup(names: readonly string[]): ItemAction<TokenGroup> {
  return {
    id: "new",
    label: "groups.new",
    submit: "groups.create",
    icon: "plus",
    right: "tokengroup_add",
    fields: () => [
      { name: "name", label: "groups.name", hint: "groups.name.hint", kind: "text", required: true, maxLength: 255 },
      descriptionField(""),
    ],
    async perform(_, { name = "", description = "" }) {
      const groupname = name.trim();
      if (names.includes(groupname)) return { good: false, text: { key: "groups.new.known", words: { name: groupname } } };
      await call("groupSet", { groupname, description });
      return { text: { key: "groups.new.done", words: { name: groupname } } };
    },
    done: "groups.new.done",
  };
}

export const groupActions: readonly ItemAction<TokenGroup>[] = [
  {
    id: "describe",
    label: "groups.describe",
    submit: "do.save",
    icon: "pencil",
    right: "tokengroup_add",
    fields: ({ description }) => [descriptionField(description)],
    perform: async ({ name }, { description = "" }) => void (await call("groupSet", { groupname: name, description })),
    done: "groups.describe.done",
  },
  {
    id: "delete",
    label: "groups.delete",
    icon: "trash",
    right: "tokengroup_delete",
    danger: true,
    bulk: true,
    question: "groups.delete.question",
    perform: async ({ name }) => void (await call("groupDelete", { groupname: name })),
    done: "groups.delete.done",
  },
];
