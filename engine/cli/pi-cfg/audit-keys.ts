// Keys of a pi.cfg that concern the audit trail and statistics.
import { elsewhere, later, nothing, type OldKey, textSetting } from "./old-key.ts";

const ONE_DATABASE =
  "The trail lies in the same database as everything else, so that a change and its row are stored together or not at all.";

export const auditKeys: Record<string, OldKey> = {
  PI_AUDIT_KEY_PRIVATE: {
    id: "A08",
    value: "path",
    became: elsewhere("`keys/keyring.json`, made by `ostiary init`"),
    why: "Two keys in place of one: Ed25519 for the trail, RSA for answers. Clients that check signatures of answers need the new `keys/response.pub`.",
  },
  PI_AUDIT_KEY_PUBLIC: {
    id: "A09",
    value: "path",
    became: elsewhere("`keys/audit.pub`, `keys/response.pub`"),
    why: "`ostiary audit verify` uses the first.",
  },
  PI_AUDIT_MODULE: {
    id: "A10",
    value: "text",
    became: elsewhere("`audit.sinks`"),
    why: "The trail is always in the database, which is what is read and what the limits on log-ins count in. The logger module became the sinks `file` and `syslog`, the container module the list of both; there is no logger without the database.",
  },
  PI_AUDIT_SQL_URI: { id: "A11", value: "address", became: nothing, why: ONE_DATABASE },
  PI_AUDIT_SQL_OPTIONS: { id: "A12", value: "table", became: nothing, why: ONE_DATABASE },
  PI_AUDIT_SQL_TRUNCATE: {
    id: "A13",
    value: "flag",
    became: nothing,
    why: "Every text is cut at 2000 characters, so that nobody can fill the trail with one request.",
  },
  PI_AUDIT_SQL_COLUMN_LENGTH: {
    id: "A62",
    value: "table",
    became: nothing,
    why: "Columns have no length; see `PI_AUDIT_SQL_TRUNCATE`.",
  },
  PI_AUDIT_POOL_SIZE: { id: "A14", value: "whole number", became: nothing, why: ONE_DATABASE },
  PI_AUDIT_POOL_RECYCLE: { id: "A15", value: "whole number", became: nothing, why: ONE_DATABASE },
  PI_AUDIT_NO_SIGN: {
    id: "A16",
    value: "flag",
    became: nothing,
    why: "The trail is always chained and signed, and there is no switch for it.",
    warn: (value) =>
      value === true ? "The rows of the old trail are not signed: nobody can prove that they are as they were written." : null,
  },
  PI_CHECK_OLD_SIGNATURES: {
    id: "A66",
    value: "flag",
    became: nothing,
    why: "The old trail is not taken over; keep its database for as long as the law asks.",
  },
  PI_AUDIT_SERVERNAME: {
    id: "A17",
    value: "text",
    yieldsTo: "PI_NODE",
    became: textSetting("node.name"),
    why: "Name of this node, if `PI_NODE` is not set.",
  },
  PI_AUDIT_LOGGER_QUALNAME: {
    id: "A63",
    value: "text",
    became: nothing,
    why: "Lines of the sink `file` are rows of the trail and nothing else; see `audit.sink_file`.",
  },
  PI_AUDIT_CONTAINER_WRITE: { id: "A64", value: "list", became: elsewhere("`audit.sinks`"), why: "See `PI_AUDIT_MODULE`." },
  PI_AUDIT_CONTAINER_READ: { id: "A65", value: "text", became: nothing, why: "The trail is always read from the database." },
  PI_MONITORING_MODULE: {
    id: "A31",
    value: "text",
    became: later,
    why: "Statistics over time are to come; figures of the running server are at `/metrics` for any collector.",
  },
  PI_MONITORING_SQL_URI: { id: "A32", value: "address", became: later, why: "See `PI_MONITORING_MODULE`." },
  PI_MONITORING_POOL_SIZE: { id: "A33", value: "whole number", became: nothing, why: "There is no pool." },
  PI_MONITORING_POOL_RECYCLE: { id: "A34", value: "whole number", became: nothing, why: "There is no pool." },
};
