// Every key of a pi.cfg there is (config-and-tokens.md A01-A74), by name.
import { auditKeys } from "./audit-keys.ts";
import { hardwareKeys } from "./hardware-keys.ts";
import { interfaceKeys } from "./interface-keys.ts";
import type { OldKey } from "./old-key.ts";
import { serverKeys } from "./server-keys.ts";

export const oldKeyGroups: readonly { title: string; keys: Readonly<Record<string, OldKey>> }[] = [
  { title: "Server, keys, log", keys: serverKeys },
  { title: "Audit trail, statistics", keys: auditKeys },
  { title: "Hardware security module", keys: hardwareKeys },
  { title: "Web site, languages, services", keys: interfaceKeys },
];

export const oldKeys: ReadonlyMap<string, OldKey> = new Map(oldKeyGroups.flatMap(({ keys }) => Object.entries(keys)));
