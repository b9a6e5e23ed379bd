// What the engine says of its own state (GET /readyz). It answers with 503 when log-ins can not be answered, and that is an answer too.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";
import { type EngineOptions, fetchFile } from "./engine.ts";

/** It is answered from memory. */
const PATIENCE_MS = 3000;

/** null: nobody answers, or not as an engine does. */
export async function readReadiness(options: EngineOptions): Promise<ValueOf<Catalogue["readyz"]> | null> {
  try {
    const answer: unknown = await (await fetchFile("readyz", {}, options, PATIENCE_MS)).json();
    const { ready, reasons, notices } = answer as ValueOf<Catalogue["readyz"]>;
    return { ready: ready === true, reasons: reasons.map(String), notices: notices.map(String) };
  } catch {
    return null;
  }
}
