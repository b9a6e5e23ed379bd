// Every endpoint with its handler; the compiler says which is missing.
import type { EndpointName } from "@ostiary/shared/catalogue.ts";
import type { Handlers } from "./call.ts";
import { accessRoutes } from "./routes/access.ts";
import { auditRoutes } from "./routes/audit.ts";
import { authRoutes } from "./routes/auth.ts";
import { clientRoutes } from "./routes/client.ts";
import { jobRoutes } from "./routes/job.ts";
import { keyRoutes } from "./routes/key.ts";
import { operationRoutes } from "./routes/operation.ts";
import { overviewRoutes } from "./routes/overview.ts";
import { realmRoutes } from "./routes/realm.ts";
import { resolverRoutes } from "./routes/resolver.ts";
import { systemRoutes } from "./routes/system.ts";
import { tokenRoutes } from "./routes/token.ts";
import { tokenAdminRoutes } from "./routes/token-admin.ts";
import { tokenGroupRoutes } from "./routes/token-group.ts";
import { userRoutes } from "./routes/user.ts";
import { validateRoutes } from "./routes/validate.ts";

export const handlers: Handlers<EndpointName> = {
  ...authRoutes,
  ...accessRoutes,
  ...clientRoutes,
  ...validateRoutes,
  ...tokenRoutes,
  ...tokenAdminRoutes,
  ...tokenGroupRoutes,
  ...userRoutes,
  ...resolverRoutes,
  ...realmRoutes,
  ...keyRoutes,
  ...systemRoutes,
  ...jobRoutes,
  ...auditRoutes,
  ...overviewRoutes,
  ...operationRoutes,
};
