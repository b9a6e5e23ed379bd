// API keys: their list, a new one, the end of one.

import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { Text } from "../../text/text.ts";
import type { Column, Filter } from "../../ui/table/columns.ts";
import type { ListDefinition } from "../../ui/table/list-state.ts";

export interface ApiKey {
  id: string;
  role: "admin" | "validate";
  username: string;
  description: string;
  createdAt: number;
  expiresAt: number;
  state: "active" | "expired" | "revoked";
}

export const apiKeyListDefinition: ListDefinition = {
  defaultSort: "createdAt",
  defaultDir: "desc",
  filters: ["state", "role", "username", "description"],
  sorts: ["description", "role", "username", "createdAt", "expiresAt"],
};

export function apiKeyColumns({ t, moment }: Text): readonly Column<ApiKey>[] {
  return [
    { id: "description", label: "apikeys.description", sort: "description", text: ({ description }) => description },
    { id: "state", label: "apikeys.state", text: ({ state }) => t(`apikeys.state.${state}`) },
    { id: "role", label: "apikeys.role", sort: "role", room: 2, text: ({ role }) => t(`apikeys.role.${role}`) },
    { id: "username", label: "apikeys.username", sort: "username", room: 3, text: ({ username }) => username },
    { id: "createdAt", label: "apikeys.created", sort: "createdAt", room: 4, text: ({ createdAt }) => moment(createdAt) },
    { id: "expiresAt", label: "apikeys.expires", sort: "expiresAt", room: 2, text: ({ expiresAt }) => moment(expiresAt) },
    { id: "id", label: "apikeys.id", room: 4, extra: true, text: ({ id }) => id },
  ];
}

export function apiKeyFilters({ t }: Text): readonly Filter[] {
  const states = ["active", "expired", "revoked"] as const;
  const roles = ["validate", "admin"] as const;
  return [
    { name: "state", label: "apikeys.state", options: states.map((value) => ({ value, label: t(`apikeys.state.${value}`) })) },
    { name: "role", label: "apikeys.role", options: roles.map((value) => ({ value, label: t(`apikeys.role.${value}`) })) },
    { name: "description", label: "apikeys.description" },
    { name: "username", label: "apikeys.username" },
  ];
}

export const noKey: ApiKey = {
  id: "",
  role: "validate",
  username: "",
  description: "",
  createdAt: 0,
  expiresAt: 0,
  state: "active",
};

/** Of no key in particular: run it with `noKey`. */
export function newApiKey({ t }: Text): ItemAction<ApiKey> {
  return {
    id: "new",
    label: "apikeys.new",
    submit: "apikeys.create",
    icon: "plus",
    right: "apikeywrite",
    fields: () => [
      {
        name: "description",
        label: "apikeys.description",
        hint: "apikeys.description.hint",
        kind: "text",
        required: true,
        maxLength: 255,
      },
      {
        name: "role",
        label: "apikeys.role",
        hint: "apikeys.role.hint",
        kind: "select",
        initial: "validate",
        options: [
          { value: "validate", label: t("apikeys.role.validate") },
          { value: "admin", label: t("apikeys.role.admin") },
        ],
      },
      {
        name: "username",
        label: "apikeys.username",
        hint: "apikeys.username.hint",
        kind: "text",
        maxLength: 120,
        when: ({ role }) => role === "admin",
      },
      {
        name: "days",
        label: "apikeys.days",
        hint: "apikeys.days.hint",
        kind: "number",
        required: true,
        min: 1,
        max: 3650,
        initial: "365",
      },
    ],
    async perform(_, { role, username = "", description = "", days = "" }) {
      const name = role === "admin" ? username.trim() : "";
      const { value } = await call("apiKeyCreate", {
        role: role === "admin" ? "admin" : "validate",
        ...(name === "" ? {} : { username: name }),
        description: description.trim(),
        days: Number(days),
      });
      return { secret: { label: "apikeys.new.secret", value: value.key } };
    },
    done: "apikeys.new.secret",
  };
}

export const apiKeyActions: readonly ItemAction<ApiKey>[] = [
  {
    id: "revoke",
    label: "apikeys.revoke",
    icon: "ban",
    right: "apikeywrite",
    danger: true,
    bulk: true,
    fits: ({ state }) => state === "active",
    question: "apikeys.revoke.question",
    perform: async ({ id }) => void (await call("apiKeyRevoke", { id })),
    done: "apikeys.revoke.done",
  },
];
