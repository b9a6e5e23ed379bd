// ostiary audit list: what was done, by whom and what came of it. The filters are those of GET /audit/.
import { endpointCommand } from "./endpoint-command.ts";
import { printTable } from "./output.ts";

const whole = ["log_level", "clearance_level", "thread_id", "policies", "startdate", "duration"];

export const auditList = endpointCommand({
  name: "audit list",
  endpoint: "auditList",
  summary: "list rows of the audit trail, newest first; all filters must fit",
  // The same in every row, or of use to programs only.
  without: whole,
  example: "ostiary audit list --action '*validate*' --user alice --success 0 --timelimit 1d --data /srv/ostiary",
  show: ({ value: { auditdata, count, next, complete, searched_to } }, { values }) => {
    printTable(
      ["number", "date", "action", "done", "user", "serial", "by", "client", "info"],
      auditdata.map((row) => [
        row.number,
        row.date.slice(0, 19),
        row.action,
        row.success === 1 ? "yes" : "no",
        row.user && (row.realm ? `${row.user}@${row.realm}` : row.user),
        row.serial,
        row.administrator,
        row.client,
        row.sig_check === "OK" && row.missing_line === "OK" ? row.info : `NOT AS IT WAS WRITTEN ${row.info}`,
      ]),
    );
    if (next !== null)
      console.error(`${auditdata.length} of ${count} rows; --page ${next} shows the next ones, --page_size more at once`);
    const direction = values.sortorder === "asc" ? "after" : "before";
    if (!complete) console.error(`the search took too long and stopped; --${direction} ${searched_to} goes on`);
  },
});
