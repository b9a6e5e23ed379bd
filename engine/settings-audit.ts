// The settings of the audit trail; docs/audit.md is the page to them.
import { define } from "./setting.ts";
import { bytesKind, choiceKind, integerKind, listKind, optionalPathKind, pathKind, syslogKind } from "./setting-kinds.ts";

export const auditSettings = {
  "audit.checkpoint_file": define({
    kind: pathKind(),
    default: "<data>/audit-checkpoints.jsonl",
    path: true,
    help: "Signed checkpoints of the audit log; best on another disk or host than the database.",
  }),
  "audit.checkpoint_seconds": define({
    kind: integerKind(1, 86400),
    default: 5,
    help: "Seconds between checkpoints while there is something new to sign.",
  }),
  "audit.sinks": define({
    kind: listKind(choiceKind("file", "syslog")),
    default: [],
    help: "Where copies of audit rows go beside the database, which always has them: file, syslog (docs/audit.md).",
  }),
  "audit.sink_file": define({
    kind: pathKind(),
    default: "<data>/audit.log",
    path: true,
    help: "File of the sink `file`: one JSON object a line.",
  }),
  "audit.sink_file_bytes": define({
    kind: bytesKind(1024, 1024 ** 4),
    default: 10_000_000,
    help: "Size at which the file of the sink `file` is moved aside to NAME.1, NAME.2 and so on.",
  }),
  "audit.sink_file_count": define({
    kind: integerKind(0, 10_000),
    default: 14,
    help: "Files moved aside that are kept.",
  }),
  "audit.sink_syslog": define({
    kind: syslogKind(),
    default: "udp://127.0.0.1:514",
    help: "Server of the sink `syslog` (RFC 5424). UDP may lose rows unnoticed; TCP does not.",
  }),
  "audit.retention_days": define({
    kind: integerKind(0, 36500),
    default: 0,
    help: "Rows of the audit log that are older are removed by the server itself, within the hour (docs/audit.md). 0 keeps them.",
  }),
  "audit.retention_rows": define({
    kind: integerKind(0, 1_000_000_000_000),
    default: 0,
    help: "Rows of the audit log beyond so many are removed, the oldest first. 0 keeps them.",
  }),
  "audit.rules_file": define({
    kind: optionalPathKind(),
    default: "",
    path: true,
    help: "YAML file of rules by which rows of the audit log are removed (docs/audit.md); read anew each time. Empty: none.",
  }),
};
