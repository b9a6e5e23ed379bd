// Everything an endpoint can reach, built once at the start (assemble.ts) and passed in.

import type { Settings } from "../config.ts";
import type { LoginEngine } from "../login/types.ts";
import type { SystemConfigStore } from "../store/system-config.ts";
import type { ResolverDeps } from "../users/resolver.ts";
import type { Admins } from "./admins.ts";
import type { Jobs } from "./jobs.ts";
import type { Sessions } from "./sessions.ts";

export interface Engine extends LoginEngine {
  /** Where everything lies. */
  dataDir: string;
  settings: Settings;
  admins: Admins;
  sessions: Sessions;
  jobs: Jobs;
  systemSettings: SystemConfigStore;
  resolverDeps: ResolverDeps;
  /** Our own release. */
  version: string;
  /** An address of metrics.allow. */
  mayReadMetrics: (address: string) => boolean;
  /** Why log-ins can not be answered now; empty: they can. */
  unreadiness: () => string[];
}
