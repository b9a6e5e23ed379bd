// /job/*: what runs on after its call.
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { Handlers } from "../call.ts";

export const jobRoutes: Handlers<"jobList" | "jobGet" | "jobStop"> = {
  jobList: async ({ engine }) => ({ value: engine.jobs.list() }),
  async jobGet({ engine, params }) {
    const job = engine.jobs.find(params.id);
    if (!job) throw new ApiError("not_found", { what: phrase("thing_job") });
    return { value: job };
  },
  async jobStop({ engine, params }) {
    if (!engine.jobs.stop(params.id)) throw new ApiError("not_found", { what: phrase("thing_running_job") });
    return { value: true };
  },
};
