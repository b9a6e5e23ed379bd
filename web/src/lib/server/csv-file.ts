// A list as a CSV file (RFC 4180) in the language of the person: for lists that the engine has no file of.
import { error, type RequestEvent } from "@sveltejs/kit";
import { loadMessages } from "../text/load.ts";
import { createText, type Text } from "../text/text.ts";
import type { Column } from "../ui/table/columns.ts";

/** Who asks for a file: an administrator, from a page of ours or the address line. Error: 401, 403. */
export function requireFileRight({ locals, request }: Pick<RequestEvent, "locals" | "request">): void {
  if (locals.session?.role !== "admin") error(401);
  const from = request.headers.get("sec-fetch-site");
  if (from !== null && from !== "same-origin" && from !== "none") error(403);
}

/** @param name of the file, before the day */
export async function csvFile<Row>(
  { locals: { lang } }: Pick<RequestEvent, "locals">,
  name: string,
  columnsIn: (text: Text) => readonly Column<Row>[],
  rows: readonly Row[],
): Promise<Response> {
  const text = createText(await loadMessages(lang), lang, undefined);
  const columns = columnsIn(text);
  const lines = [columns.map(({ label }) => text.t(label)), ...rows.map((row) => columns.map((column) => column.text(row)))];
  const day = new Date().toISOString().slice(0, 10);
  return new Response(lines.map((cells) => `${cells.map(quote).join(",")}\r\n`).join(""), {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${name}-${day}.csv"`,
    },
  });
}

/** What a spreadsheet would run as a formula gets an apostrophe before it. */
export const quote = (cell: string): string => `"${(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`;
