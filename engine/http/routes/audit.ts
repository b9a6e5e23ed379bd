// /audit/*: the trail of what was done.
import { exportAudit, listAudit } from "../../services/audit-trail.ts";
import type { Handlers } from "../call.ts";

export const auditRoutes: Handlers<"auditList" | "auditCsv"> = {
  auditList: async ({ params, caller, engine }) => ({ value: await listAudit(params, caller, engine) }),
  async auditCsv({ params, caller, engine }) {
    const body = await exportAudit(params, caller, engine);
    return { value: "", file: { name: params.csvfile, contentType: "text/csv", body } };
  },
};
