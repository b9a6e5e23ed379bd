// Everything an endpoint can reach, built once at the start (assemble.ts) and passed in.

import type { Audit } from "../audit/open-audit.ts";
import type { Settings } from "../config.ts";
import type { Turns } from "../core/turns.ts";
import type { Log } from "../log.ts";
import type { Notices } from "../log-notices.ts";
import type { LoginEngine } from "../login/types.ts";
import type { ResolverDeps } from "../users/resolver.ts";
import type { Admins } from "./admins.ts";
import type { ApiKeys } from "./api-keys.ts";
import type { ServedCertificate } from "./certificate.ts";
import type { Proxies } from "./client-address.ts";
import type { ClientRegistry } from "./client-registry.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { Configuration } from "./configuration.ts";
import type { EndedSessions } from "./ended-sessions.ts";
import type { GpgKeys } from "./gpg-keys.ts";
import type { Jobs } from "./jobs.ts";
import type { LoopWatch } from "./loop-watch.ts";
import type { RemoteUser } from "./remote-user.ts";
import type { Sessions } from "./sessions.ts";

export interface Engine extends LoginEngine, Proxies {
  /** Where everything lies. */
  dataDir: string;
  settings: Settings;
  admins: Admins;
  sessions: Sessions;
  apiKeys: ApiKeys;
  ended: EndedSessions;
  remoteUser: RemoteUser;
  /** Users of this realm are administrators when they log in to the API. */
  isSuperuserRealm: (realm: string) => boolean;
  clients: ClientRegistry;
  jobs: Jobs;
  /** Realms, resolvers and settings as they are in force. */
  configuration: Configuration;
  resolverDeps: ResolverDeps;
  gpgKeys: GpgKeys;
  /** The audit trail: searches, index, retention. */
  audit: Audit;
  /** Our own release. */
  version: string;
  /** What the listener shows to clients. */
  certificate: ServedCertificate;
  /** An address of metrics.allow. */
  mayReadMetrics: (address: string) => boolean;
  /** Why log-ins can not be answered now; empty: they can. */
  unreadiness: () => string[];
  /** What else needs somebody. */
  notices: Notices;
  /** For faults that every call meets: the same line once a minute. */
  faultLog: Log;
  clock: ClockWatch;
  /** Of what is dear (Load). */
  dearTurns: Turns;
  /** How long the event loop was held. */
  loop: LoopWatch;
}
