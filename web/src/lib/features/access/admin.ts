// Local administrators: their list, and what can be done to one.

import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { FormField } from "../../ui/form/fields.ts";
import type { Column } from "../../ui/table/columns.ts";
import type { ListDefinition } from "../../ui/table/list-state.ts";

export interface Admin {
  username: string;
  email: string;
}

export const adminListDefinition: ListDefinition = {
  defaultSort: "username",
  defaultDir: "asc",
  filters: ["username", "email"],
  sorts: ["username", "email"],
};

export const adminColumns: readonly Column<Admin>[] = [
  { id: "username", label: "admins.username", sort: "username", text: ({ username }) => username },
  { id: "email", label: "admins.email", sort: "email", room: 2, text: ({ email }) => email || "—" },
];

const passwordField: FormField = {
  name: "password",
  label: "admins.password",
  hint: "admins.password.hint",
  kind: "secret",
  required: true,
  maxLength: 1024,
};
const emailField = (initial: string): FormField => ({
  name: "email",
  label: "admins.email",
  kind: "text",
  maxLength: 255,
  initial,
  autocomplete: "email",
});

export const nobody: Admin = { username: "", email: "" };

/** Of no administrator in particular: run it with `nobody`. @param names of those there are: a known name would change its owner's password */
export function newAdmin(names: readonly string[]): ItemAction<Admin> {
  return {
    id: "new",
    label: "admins.new",
    submit: "admins.create",
    icon: "plus",
    right: "adminwrite",
    fields: () => [
      { name: "username", label: "admins.username", kind: "text", required: true, maxLength: 120 },
      passwordField,
      emailField(""),
    ],
    async perform(_, { username = "", password = "", email = "" }) {
      const name = username.trim();
      if (names.includes(name)) return { good: false, text: { key: "admins.new.known", words: { name } } };
      await call("adminSet", { username: name, password, email });
      return { text: { key: "admins.new.done", words: { name } } };
    },
    done: "admins.new.done",
  };
}

/** @param me name of who looks, if he is one of them @param count how many there are */
export function adminActions(me: string | null, count: number): readonly ItemAction<Admin>[] {
  return [
    {
      id: "password",
      label: "admins.setPassword",
      submit: "do.save",
      icon: "password",
      right: "adminwrite",
      question: "admins.setPassword.question",
      fields: () => [passwordField],
      perform: async ({ username }, { password = "" }) => void (await call("adminSet", { username, password })),
      done: "admins.setPassword.done",
    },
    {
      id: "email",
      label: "admins.setEmail",
      submit: "do.save",
      icon: "mail",
      right: "adminwrite",
      fields: ({ email }) => [emailField(email)],
      perform: async ({ username }, { email = "" }) => void (await call("adminSet", { username, email })),
      done: "admins.setEmail.done",
    },
    {
      id: "sessions",
      label: "admins.endSessions",
      icon: "logOut",
      right: "endsessions",
      question: "admins.endSessions.question",
      perform: async ({ username }) => void (await call("authLogoutOther", { administrator: username })),
      done: "admins.endSessions.done",
    },
    {
      id: "delete",
      label: "admins.delete",
      icon: "trash",
      right: "admindelete",
      danger: true,
      // The engine keeps the last one too, and asks again before somebody deletes himself; here neither is offered.
      fits: ({ username }) => count > 1 && username !== me,
      question: "admins.delete.question",
      perform: async ({ username }) => void (await call("adminDelete", { username })),
      done: "admins.delete.done",
    },
  ];
}
