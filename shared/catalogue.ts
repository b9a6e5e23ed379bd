// Every endpoint there is. The engine implements it, the site calls it, OpenAPI prints it.
import type { Endpoint } from "./endpoint.ts";
import { access } from "./endpoints/access.ts";
import { audit } from "./endpoints/audit.ts";
import { auth } from "./endpoints/auth.ts";
import { client } from "./endpoints/client.ts";
import { job } from "./endpoints/job.ts";
import { key } from "./endpoints/key.ts";
import { overview } from "./endpoints/overview.ts";
import { system } from "./endpoints/system.ts";
import { token } from "./endpoints/token.ts";
import { tokenAdmin } from "./endpoints/token-admin.ts";
import { tokenGroup } from "./endpoints/token-group.ts";
import { tokenListing } from "./endpoints/token-list.ts";
import { user } from "./endpoints/user.ts";
import { validate } from "./endpoints/validate.ts";

export const catalogue = {
  ...auth,
  ...access,
  ...client,
  ...validate,
  ...token,
  ...tokenListing,
  ...tokenAdmin,
  ...tokenGroup,
  ...user,
  ...key,
  ...system,
  ...job,
  ...audit,
  ...overview,
} as const satisfies Record<string, Endpoint>;

export type Catalogue = typeof catalogue;
export type EndpointName = keyof Catalogue;
