// For machines that watch us: health, readiness, metrics, the description of the API.

import { ApiError } from "@ostiary/shared/errors.ts";
import { buildOpenApi } from "@ostiary/shared/openapi/document.ts";
import { renderMetrics } from "../../services/metrics.ts";
import type { Handlers } from "../call.ts";

// Made once: it is large, and anybody may ask for it.
let description: string | null = null;

export const operationRoutes: Handlers<"healthz" | "readyz" | "metrics" | "openapi"> = {
  healthz: async () => ({ value: { status: "ok" } }),

  async readyz({ engine }) {
    const reasons = engine.unreadiness();
    const value = { ready: reasons.length === 0, reasons, notices: engine.notices.list() };
    return { value, status: reasons.length === 0 ? 200 : 503 };
  },

  async metrics({ engine, client }) {
    if (!engine.mayReadMetrics(client)) throw new ApiError("forbidden_address", { setting: "metrics.allow" });
    return { value: renderMetrics(engine) };
  },

  async openapi({ engine }) {
    description ??= JSON.stringify(buildOpenApi(engine.version));
    return { value: description };
  },
};
