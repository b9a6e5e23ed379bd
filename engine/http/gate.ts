// Before anything of a request is read: is there a place for it (core/admission.ts)? Who is refused is told so at once and asked
// to wait a second. Who asks again on the same connection before it is over waits the rest of it here, for the price of a timer:
// otherwise those who hammer would take the processor from the log-ins, since refusing costs half of what a log-in costs.
//
//   request --> place free ----------------------------------------> app
//           --> none, refused a moment ago --> waits --> place free --> app
//           --> none ------------------------------> none --------> 503, Retry-After
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Engine } from "../services/engine.ts";
import type { App, Outgoing } from "./exchange.ts";
import { errorBody, respond } from "./respond.ts";
import { languageFor, tellError } from "./speak.ts";

const RETRY_SECONDS = 1;
/** bytes */
const PASSED_OVER = 16_384;

/** They tell whoever watches, or a load balancer, what is the matter: they have to be answered when nothing else is. */
const ALWAYS = new Set(["/healthz", "/readyz", "/metrics"]);

/** The app behind the gate. A refusal leaves no audit row: a flood must not fill the trail; `/metrics` counts them. */
export function keepGate(app: App, engine: Engine): App {
  const { admission, tick } = engine;
  /** When a connection was refused last, monotonic milliseconds. Ends with the connection. */
  const refusedAt = new WeakMap<WeakKey, number>();

  async function mayEnter(line: WeakKey): Promise<boolean> {
    const wait = (refusedAt.get(line) ?? Number.NEGATIVE_INFINITY) + RETRY_SECONDS * 1000 - tick();
    if (wait <= 0) return false;
    await Bun.sleep(wait);
    return admission.enter();
  }

  return async (inbound) => {
    if (ALWAYS.has(inbound.path)) return app(inbound);
    if (!admission.enter() && !(await mayEnter(inbound.line))) {
      admission.refuse();
      refusedAt.set(inbound.line, tick());
      // A body that came with its head is passed over, so that the connection can go on; any other ends it.
      await Promise.race([inbound.read(PASSED_OVER).catch(() => {}), nextTurn()]);
      return refuse(inbound.headers, engine);
    }
    try {
      const { read } = inbound;
      inbound.read = (limit) => admission.rest(read(limit));
      return await app(inbound);
    } finally {
      admission.leave();
    }
  };
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

async function refuse(headers: Pick<Headers, "get">, engine: Engine): Promise<Outgoing> {
  const error = new ApiError("busy", { seconds: RETRY_SECONDS }, { retryAfter: RETRY_SECONDS });
  const told = tellError(error, languageFor(headers, engine.settings));
  const body = errorBody(error, told.message, engine.now());
  const extra = { ...told.headers, "retry-after": String(RETRY_SECONDS) };
  return respond(body, error.spec.status, undefined, { mode: "never", vault: engine.vault }, extra);
}
