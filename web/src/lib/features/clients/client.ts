// The programs that asked for log-ins (config-and-tokens.md D24), one row for each address.
import type { Text } from "../../text/text.ts";
import type { Column, Filter } from "../../ui/table/columns.ts";
import type { ListDefinition } from "../../ui/table/list-state.ts";

export interface Client {
  program: string;
  ip: string;
  hostname: string;
  /** ISO 8601 */
  lastseen: string;
}

export const clientListDefinition: ListDefinition = {
  defaultSort: "lastseen",
  defaultDir: "desc",
  filters: ["program", "ip", "hostname"],
  sorts: ["program", "ip", "hostname", "lastseen"],
};

export function clientColumns({ moment }: Text): readonly Column<Client>[] {
  return [
    { id: "program", label: "clients.program", sort: "program", text: ({ program }) => program },
    { id: "ip", label: "clients.ip", sort: "ip", text: ({ ip }) => ip },
    { id: "hostname", label: "clients.hostname", sort: "hostname", room: 3, text: ({ hostname }) => hostname || "—" },
    { id: "lastseen", label: "clients.lastseen", sort: "lastseen", room: 2, text: ({ lastseen }) => moment(lastseen) },
  ];
}

export const clientFilters: readonly Filter[] = [
  { name: "program", label: "clients.program" },
  { name: "ip", label: "clients.ip" },
  { name: "hostname", label: "clients.hostname" },
];

/** From the answer of `clientList`: by program, with times as RFC 1123 has them. */
export function readClients(
  value: Record<string, readonly { ip: string; hostname: string; lastseen: string }[]>,
): readonly Client[] {
  return Object.entries(value).flatMap(([program, clients]) =>
    clients.map(({ ip, hostname, lastseen }) => ({ program, ip, hostname, lastseen: new Date(lastseen).toISOString() })),
  );
}
