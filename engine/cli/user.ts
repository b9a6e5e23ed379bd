// ostiary user list: who is known, from every source.
import type { Command } from "./command.ts";
import { endpointCommand } from "./endpoint-command.ts";
import { printTable } from "./output.ts";

const COLUMNS = ["username", "userid", "resolver", "givenname", "surname", "email"];

export const userCommands: Command[] = [
  endpointCommand({
    name: "user list",
    endpoint: "userList",
    without: ["user"],
    example: "ostiary user list --realm home --username 'al*' --data /srv/ostiary",
    show: ({ value }) =>
      printTable(
        COLUMNS,
        value.map((user) => COLUMNS.map((column) => String(user[column] ?? ""))),
      ),
  }),
];
