// Before anything of a request is read: is there a place for it (core/admission.ts)? Who is refused is told so at once and asked
// to wait a second. Who asks again on the same connection before it is over waits the rest of it here, for the price of a timer:
// otherwise those who hammer would take the processor from the log-ins, since refusing costs a third of what a log-in costs.
//
//   request --> place free ----------------------------------------> app
//           --> none, refused a moment ago --> waits --> place free --> app
//           --> none ------------------------------> none --------> 503, Retry-After
import type { Load } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Engine } from "../services/engine.ts";
import type { Soon } from "../store/store.ts";
import type { App, Inbound, Outgoing } from "./exchange.ts";
import { loadOf } from "./load-of.ts";
import { errorBody, respond } from "./respond.ts";
import { languageFor, tellError } from "./speak.ts";

const RETRY_SECONDS = 1;
/** The same refusal is sent so long, milliseconds: making it costs more than sending it. */
const SAME_MS = 500;
/** bytes */
const PASSED_OVER = 16_384;

/** They tell whoever watches, or a load balancer, what is the matter: they have to be answered when nothing else is. */
const ALWAYS = new Set(["/healthz", "/readyz", "/metrics"]);

/** The app behind the gate. A refusal leaves no audit row: a flood must not fill the trail; `/metrics` counts them. */
export function keepGate(app: App, engine: Engine): App {
  const { admission, dearTurns, tick } = engine;
  /** When a connection was refused last, monotonic milliseconds. Ends with the connection. */
  const refusedAt = new WeakMap<WeakKey, number>();
  const refuse = createRefusals(engine);

  const enter = (load: Load): boolean => !(load === "dear" && dearTurns.isFull) && admission.enter(load);

  async function mayEnter({ line, isGone }: Inbound, load: Load): Promise<boolean> {
    const wait = (refusedAt.get(line) ?? Number.NEGATIVE_INFINITY) + RETRY_SECONDS * 1000 - tick();
    if (wait <= 0) return false;
    await Bun.sleep(wait);
    return !isGone() && enter(load);
  }

  return async (inbound) => {
    if (ALWAYS.has(inbound.path)) return app(inbound);
    const load = loadOf(inbound.method, inbound.path);
    if (!enter(load) && !(await mayEnter(inbound, load))) {
      admission.refuse();
      refusedAt.set(inbound.line, tick());
      // A body that came with its head is passed over, so that the connection can go on; any other ends it.
      await Promise.race([inbound.read(PASSED_OVER).catch(() => {}), nextTurn()]);
      return refuse(inbound);
    }
    try {
      const { read } = inbound;
      inbound.read = (limit) => admission.rest(read(limit), load);
      return await app(inbound);
    } finally {
      admission.leave(load);
      dearTurns.look();
    }
  };
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Cache. Key: language. Bound: the languages. Lifetime: SAME_MS, so much the time in it may be late. */
function createRefusals(engine: Engine): (inbound: Inbound) => Soon<Outgoing> {
  const error = new ApiError("busy", { seconds: RETRY_SECONDS }, { retryAfter: RETRY_SECONDS });
  const made = new Map<string, { at: number; answer: Soon<Outgoing> }>();
  return ({ headers }) => {
    const choice = languageFor(headers, engine.settings);
    const key = `${choice.language} ${choice.asked}`;
    const known = made.get(key);
    if (known && engine.tick() - known.at < SAME_MS) return known.answer;
    const told = tellError(error, choice);
    const extra = { ...told.headers, "retry-after": String(RETRY_SECONDS) };
    const body = errorBody(error, told.message, engine.now());
    const answer = respond(body, error.spec.status, undefined, { mode: "never", vault: engine.vault }, extra);
    made.set(key, { at: engine.tick(), answer });
    return answer;
  };
}
