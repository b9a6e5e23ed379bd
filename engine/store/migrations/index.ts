// The migrations in the order in which they are applied. Append only.
import type { Migration } from "../migrate.ts";
import { initial } from "./0001-initial.ts";
import { tokenGroups } from "./0002-token-groups.ts";
import { auditRotation } from "./0003-audit-rotation.ts";
import { access } from "./0004-access.ts";
import { tokenList } from "./0005-token-list.ts";
import { auditIndex } from "./0006-audit-index.ts";
import { tokenListScale } from "./0007-token-list-scale.ts";

export const migrations: readonly Migration[] = [
  initial,
  tokenGroups,
  auditRotation,
  access,
  tokenList,
  auditIndex,
  tokenListScale,
];
