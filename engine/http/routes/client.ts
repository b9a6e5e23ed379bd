// GET /client/ and GET /application/ (rest-api.md 2.8).
import { applications } from "@ostiary/shared/endpoints/client.ts";
import type { Handlers } from "../call.ts";

interface Row {
  ip: string;
  hostname: string;
  lastseen: string;
}

export const clientRoutes: Handlers<"clientList" | "applicationList"> = {
  async clientList({ engine }) {
    const byType: Record<string, Row[]> = Object.create(null);
    for (const { type, ip, hostname, lastSeen } of await engine.clients.list()) {
      byType[type] ??= [];
      // Dates straight from the database are RFC 1123 (rest-api.md 1.7).
      byType[type].push({ ip, hostname, lastseen: new Date(lastSeen).toUTCString() });
    }
    return { value: byType };
  },
  applicationList: async () => ({ value: applications }),
};
