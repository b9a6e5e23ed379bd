// The quick ones of the doctor's checks, made at every start: the log has what they find, and what must not go on refuses the start.
import type { Log } from "../../log.ts";
import { type Check, examine, type Site } from "./check.ts";
import { checks } from "./registry.ts";

/** Only the process of the server knows under which account it runs: the doctor may well be run by root. */
export const account: Check = {
  name: "account",
  run: () =>
    process.getuid?.() !== 0
      ? []
      : [
          {
            severity: "warning",
            what: "The server runs as root.",
            meaning: "Whoever breaks into it has the whole machine.",
            advice:
              "Give it an account of its own that owns the data directory. Ports below 1024: CAP_NET_BIND_SERVICE, or a proxy.",
          },
        ],
};

export const startChecks: readonly Check[] = [...checks.filter(({ atStart }) => atStart), account];

export interface StartFindings {
  /** Reasons not to start; empty: go on. */
  refusals: string[];
  /** What else was found goes to the log: after the start, which may yet fail for a simpler reason. */
  tell(log: Log): void;
}

export async function examineAtStart(site: Site): Promise<StartFindings> {
  const examined = await examine(site, startChecks, { database: true, keys: true });
  const all = examined.flatMap(({ check, findings }) => findings.map((finding) => ({ check, ...finding })));
  return {
    refusals: all.filter(({ stops }) => stops).map(({ what, meaning, advice }) => `${what} ${meaning} To do: ${advice}`),
    tell(log) {
      for (const { check, severity, what, meaning, advice } of all) {
        if (severity === "problem") log.error(what, { check, meaning, advice });
        else if (severity === "warning") log.warn(what, { check, meaning, advice });
      }
    },
  };
}
