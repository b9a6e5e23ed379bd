// From a routed request to its answer: who, what, do, tell, in this order, the same for every endpoint.
import type { Endpoint } from "@ostiary/shared/endpoint.ts";
import { nameCaller } from "../services/caller.ts";
import type { Engine } from "../services/engine.ts";
import { writeAudit, writeCall } from "./audit-call.ts";
import { authenticate, forceIdentity } from "./authenticate.ts";
import { readBag } from "./bag.ts";
import type { Call, Reply, ReplyFile } from "./call.ts";
import { compileClaims } from "./client-claims.ts";
import type { Inbound, Outgoing } from "./exchange.ts";
import { toApiError } from "./faults.ts";
import { compileParams } from "./params.ts";
import { errorBody, GUARDED, respond, type Signing, successBody } from "./respond.ts";
import { languageFor, tellError, tellReply } from "./speak.ts";

export type AnyHandler = (call: Call) => Promise<Reply>;

/** Compiles an endpoint to a function from what came in to what goes out. It never rejects. */
export function compileEndpoint(entry: Endpoint, path: string, handler: AnyHandler, engine: Engine) {
  const decode = compileParams(entry.params);
  const limit = entry.bodyLimit ?? engine.settings["server.body_limit"];
  const readClaims = compileClaims(path);
  const signing: Signing = { mode: engine.settings["response.signature"], vault: engine.vault };
  // The audit column: a prefix of the contract's texts, without the values in the path (rest-api.md 5, item 52).
  const words = path.replace(/\/:\w+/g, "");

  return async (inbound: Inbound, pathParams: Record<string, string>): Promise<Outgoing> => {
    const call: Call = {
      engine,
      params: {},
      bag: new Map(),
      caller: null,
      isGone: inbound.isGone,
      peer: inbound.peer,
      client: engine.clientAddress(inbound.peer, readClaims(inbound.headers, null)),
      headers: inbound.headers,
      language: () => languageFor(inbound.headers, engine.settings),
      action: `${inbound.method} ${words}`,
      startedAt: engine.now(),
      startedTick: performance.now(),
      audit: {},
      audited: entry.unaudited ?? false,
      write: (statements, touches) => writeCall(call, statements, touches),
    };
    try {
      call.bag = await readBag(inbound, pathParams, limit);
      if (call.bag.has("client")) call.client = engine.clientAddress(inbound.peer, readClaims(inbound.headers, call.bag));
      call.caller = await authenticate(entry, inbound.headers, engine);
      if (entry.noted) engine.clients.note(call.client, inbound.headers.get("user-agent"));
      forceIdentity(call.bag, call.caller);
      call.params = decode(call.bag);
      const reply = entry.load === "dear" ? await takeTurn(call, inbound, handler) : await handler(call);
      if (!call.audited) await writeAudit(call, reply.value !== false, null);
      if (reply.file) return respondFile(reply.file);
      if (entry.raw) return respondRaw(entry.raw, reply);
      const { detail, headers } = tellReply(reply, call.language());
      return await respond(successBody(reply.value, detail, entry.id ?? 1, engine.now()), 200, nonceOf(call), signing, headers);
    } catch (cause) {
      return refuse(cause, call, signing);
    }
  };
}

/** He waits without a place among those at work. */
async function takeTurn(call: Call, inbound: Inbound, handler: AnyHandler): Promise<Reply> {
  const { admission, dearTurns } = call.engine;
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const work = () => {
    begin();
    return handler(call);
  };
  const reply = dearTurns.run(call.caller ? nameCaller(call.caller) : call.client, work, inbound.isGone);
  await admission.rest(Promise.race([begun, reply]), "dear");
  return reply;
}

function respondFile({ name, contentType, body }: ReplyFile): Outgoing {
  // A name from a path must not end the header or the quotes.
  const plain = name.replace(/[^\w.-]/g, "_");
  const disposition = `attachment; filename=${plain}`;
  return {
    status: 200,
    headers: { "content-type": contentType, "content-disposition": disposition, ...GUARDED },
    body,
  };
}

function respondRaw(contentType: string, { value, status }: Reply): Outgoing {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return { status: status ?? 200, headers: { "content-type": contentType, ...GUARDED }, body };
}

/** As the client sent it: a number in JSON comes back as a number. */
function nonceOf(call: Call): string | number | undefined {
  const nonce = call.bag.get("nonce");
  return typeof nonce === "number" || (typeof nonce === "string" && nonce.length <= 2000) ? nonce : undefined;
}

async function refuse(cause: unknown, call: Call, signing: Signing): Promise<Outgoing> {
  const error = toApiError(cause, call);
  try {
    if (!call.audited && !error.quiet) await writeAudit(call, false, error);
  } catch (auditFault) {
    call.engine.faultLog.warn("no audit row for a refused call", { action: call.action, error: String(auditFault) });
  }
  const { message, headers } = tellError(error, call.language());
  const extra = error.retryAfter === undefined ? headers : { ...headers, "retry-after": String(error.retryAfter) };
  return respond(errorBody(error, message, call.engine.now()), error.spec.status, nonceOf(call), signing, extra);
}
