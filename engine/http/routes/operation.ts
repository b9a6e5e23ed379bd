// For machines that watch us: health, readiness, metrics, the description of the API.

import { ApiError } from "@ostiary/shared/errors.ts";
import { buildOpenApi } from "@ostiary/shared/openapi.ts";
import { renderMetrics } from "../../services/metrics.ts";
import type { Handlers } from "../call.ts";

export const operationRoutes: Handlers<"healthz" | "readyz" | "metrics" | "openapi"> = {
  healthz: async () => ({ value: { status: "ok" } }),

  async readyz({ engine }) {
    const reasons = engine.unreadiness();
    return { value: { ready: reasons.length === 0, reasons }, status: reasons.length === 0 ? 200 : 503 };
  },

  async metrics({ engine, client }) {
    if (!engine.mayReadMetrics(client)) throw new ApiError("forbidden_address", { setting: "metrics.allow" });
    return { value: renderMetrics(engine) };
  },

  openapi: async ({ engine }) => ({ value: buildOpenApi(engine.version) }),
};
