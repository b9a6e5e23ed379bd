// The audit trail as a list: what it can show, filter and sort. The engine sorts it by the number of the row alone.
import type { AuditEntryObject } from "@ostiary/shared/endpoints/audit.ts";
import { tokenTypes } from "@ostiary/shared/token-types.ts";
import type { Params } from "../../server/engine.ts";
import type { Text } from "../../text/text.ts";
import { to } from "../../to.ts";
import type { Column, Filter } from "../../ui/table/columns.ts";
import type { ListDefinition, ListState } from "../../ui/table/list-state.ts";

export const auditListDefinition: ListDefinition = {
  defaultSort: "number",
  defaultDir: "desc",
  filters: [
    "user",
    "realm",
    "administrator",
    "action",
    "serial",
    "client",
    "success",
    "timelimit",
    "date",
    "token_type",
    "info",
    "before",
    "after",
  ],
  sorts: ["number"],
};

/** Of an action or a message one knows a part; names, serial numbers and addresses are meant whole, or have a star. */
const part = (text: string | undefined) => (text === undefined || text.includes("*") ? text : `*${text}*`);
/** A day or a day and an hour, as the engine looks for them. */
const moment = (text: string | undefined) => (text === undefined || text.includes("*") ? text : `${text.replace(" ", "T")}*`);
const whole = (text: string | undefined) => (text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** The same for the page and for its CSV. */
export function auditListParams({ filters, dir }: Pick<ListState, "filters" | "dir">): Params<"auditList"> {
  const { user, realm, administrator, action, serial, client, success, timelimit, date, token_type, info, before, after } =
    filters;
  return {
    user,
    realm,
    administrator,
    action: part(action),
    serial,
    client,
    success,
    timelimit,
    date: moment(date),
    token_type,
    info: part(info),
    before: whole(before),
    after: whole(after),
    sortorder: dir,
  };
}

/** Who did it: an administrator, or the user whose log-in it was. */
export const actorOf = ({ administrator, user, realm }: AuditEntryObject) =>
  administrator || (user && realm ? `${user}@${realm}` : user);

/** With its seconds: calls come by the dozen. Both languages write the time last and count to 24. */
export const momentOf = ({ date }: AuditEntryObject, moment: Text["moment"]) => `${moment(date)}:${date.slice(17, 19)}`;

export const userHref = ({ user, realm }: Pick<AuditEntryObject, "user" | "realm">) =>
  to(`/users/${encodeURIComponent(realm)}/${encodeURIComponent(user)}`);

/** A row can name several tokens. */
export const serialsOf = ({ serial }: AuditEntryObject) => serial.split(",").filter(Boolean);

export function auditColumns({ t, moment, number }: Text): readonly Column<AuditEntryObject>[] {
  return [
    { id: "when", label: "audit.when", sort: "number", text: (row) => momentOf(row, moment) },
    { id: "outcome", label: "audit.outcome", text: ({ success }) => t(success ? "audit.success" : "audit.failure") },
    { id: "action", label: "audit.action", room: 3, text: ({ action }) => action },
    { id: "actor", label: "audit.actor", room: 2, text: actorOf },
    { id: "serial", label: "audit.serial", room: 3, text: ({ serial }) => serial },
    { id: "info", label: "audit.info", room: 4, text: ({ info, action_detail }) => info || action_detail },
    { id: "client", label: "audit.client", room: 4, text: ({ client }) => client },
    { id: "chain", label: "audit.chain", room: 2, text: () => "" },
    {
      id: "user",
      label: "audit.user",
      room: 4,
      extra: true,
      text: ({ user, realm }) => (user && realm ? `${user}@${realm}` : user),
    },
    { id: "administrator", label: "audit.administrator", room: 4, extra: true, text: ({ administrator }) => administrator },
    { id: "number", label: "audit.number", room: 4, extra: true, numeric: true, text: (row) => number(row.number) },
    { id: "token_type", label: "audit.tokenType", room: 4, extra: true, text: ({ token_type }) => token_type },
    { id: "resolver", label: "audit.resolver", room: 4, extra: true, text: ({ resolver }) => resolver },
    {
      id: "duration",
      label: "audit.duration",
      room: 4,
      extra: true,
      numeric: true,
      text: ({ duration }) => milliseconds(duration, number),
    },
    { id: "node", label: "audit.node", room: 4, extra: true, text: ({ privacyidea_server }) => privacyidea_server },
  ];
}

/** @param seconds as the trail has them */
export const milliseconds = (seconds: number, number: Text["number"]) => `${number(Number((seconds * 1000).toPrecision(3)))} ms`;

export function auditFilters({ t }: Text, realms: readonly string[]): readonly Filter[] {
  return [
    { name: "user", label: "audit.user", hint: "audit.hint.star" },
    { name: "realm", label: "audit.realm", options: realms.map((value) => ({ value, label: value })) },
    { name: "administrator", label: "audit.administrator", hint: "audit.hint.star" },
    { name: "action", label: "audit.action", hint: "audit.hint.action" },
    { name: "serial", label: "audit.serial", hint: "audit.hint.star" },
    { name: "client", label: "audit.client", hint: "audit.hint.client" },
    {
      name: "success",
      label: "audit.outcome",
      options: [
        { value: "0", label: t("audit.failure") },
        { value: "1", label: t("audit.success") },
      ],
    },
    {
      name: "timelimit",
      label: "audit.period",
      options: (["1h", "1d", "7d", "30d", "90d"] as const).map((value) => ({ value, label: t(`audit.period.${value}`) })),
    },
    { name: "date", label: "audit.date", hint: "audit.hint.date" },
    {
      name: "token_type",
      label: "audit.tokenType",
      options: Object.keys(tokenTypes).map((kind) => ({ value: kind, label: kind })),
    },
    { name: "info", label: "audit.info", hint: "audit.hint.part" },
    { name: "before", label: "audit.before" },
    { name: "after", label: "audit.after" },
  ];
}
