// An endpoint called from inside the process, by the command line: the same handler, the same checks, the same audit row, no
// request. Values are taken as they are, nothing is percent-decoded.
import { type Catalogue, catalogue, type EndpointName } from "@ostiary/shared/catalogue.ts";
import type { Endpoint, ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";
import type { Engine } from "../services/engine.ts";
import type { Caller } from "../services/sessions.ts";
import { writeAudit, writeCall } from "./audit-call.ts";
import type { Bag } from "./bag.ts";
import type { Call, Reply } from "./call.ts";
import type { AnyHandler } from "./dispatch.ts";
import { toApiError } from "./faults.ts";
import { handlers } from "./handlers.ts";
import { compileParams } from "./params.ts";

/** Runs one endpoint as `caller`. Throws ApiError for every refusal, with the text the REST API would have sent. */
export async function invoke<Name extends EndpointName>(
  engine: Engine,
  caller: Caller,
  name: Name,
  params: Partial<ParamsOf<Catalogue[Name]>> & Record<string, unknown>,
): Promise<Reply<ValueOf<Catalogue[Name]>>> {
  const entry: Endpoint = catalogue[name];
  const bag: Bag = new Map(Object.entries(params).filter(([, value]) => value !== undefined && value !== null));
  const call: Call = {
    engine,
    params: {},
    bag,
    caller,
    isGone: () => false,
    peer: "",
    client: "",
    headers: { get: () => null },
    language: () => ({ language: "en", asked: true }),
    action: `${entry.methods[0]} ${(entry.paths[0] ?? "").replace(/\/:\w+/g, "")}`,
    startedAt: engine.now(),
    startedTick: performance.now(),
    audit: { actionDetail: "command line" },
    audited: entry.unaudited ?? false,
    write: (statements, touches) => writeCall(call, statements, touches),
  };
  try {
    call.params = compileParams(entry.params)(bag);
    const reply = await (handlers[name] as unknown as AnyHandler)(call);
    if (!call.audited) await writeAudit(call, reply.value !== false, null);
    return reply as Reply<ValueOf<Catalogue[Name]>>;
  } catch (cause) {
    const error = toApiError(cause, call);
    if (!call.audited && !error.quiet) await writeAudit(call, false, error);
    throw error;
  }
}
