// Before anything of a request is read: is there a place for it (core/admission.ts)? Who is refused is told so at once and asked
// to wait a second, or some where thousands ask. Who asks again on the same connection before it is over waits the rest of it here,
// for the price of a timer, or until the rush is over: otherwise those who hammer would take the processor from the log-ins, since
// refusing costs a third of what a log-in costs.
//
//   request --> place free ----------------------------------------> app
//           --> none, refused a moment ago --> waits --> place free --> app
//           |                                      +---> none ----+
//           --> none ---------------------------------------------+-> 503, Retry-After
import type { Load } from "@ostiary/shared/endpoint.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import type { Engine } from "../services/engine.ts";
import type { Soon } from "../store/store.ts";
import type { App, Inbound, Outgoing } from "./exchange.ts";
import { loadOf } from "./load-of.ts";
import { errorBody, respond } from "./respond.ts";
import { languageFor, tellError } from "./speak.ts";

/** Who waits here and is refused again costs as much as half a log-in: the more there are, the longer each waits. */
const WAITING_A_SECOND = 1000;
const LONGEST_RETRY_SECONDS = 5;
/** The same refusal is sent so long, milliseconds: making it costs more than sending it. */
const SAME_MS = 500;
/** bytes */
const PASSED_OVER = 16_384;

/** They tell whoever watches, or a load balancer, what is the matter: they have to be answered when nothing else is. */
const ALWAYS = new Set(["/healthz", "/readyz", "/metrics"]);

/** The app behind the gate. A refusal leaves no audit row: a flood must not fill the trail; `/metrics` counts them. */
export function keepGate(app: App, engine: Engine): App {
  const { admission, dearTurns, tick } = engine;
  /** Until when a connection was told to wait, monotonic milliseconds. Ends with the connection. */
  const toldUntil = new WeakMap<WeakKey, number>();
  /** Those who wait here, in their order; called, they try their luck. Bound: the connections. */
  const waiting = new Set<() => void>();
  const refuse = createRefusals(engine);

  const enter = (load: Load): boolean => !(load === "dear" && dearTurns.isFull) && admission.enter(load);

  async function mayEnter({ line, isGone }: Inbound, load: Load): Promise<boolean> {
    const wait = (toldUntil.get(line) ?? Number.NEGATIVE_INFINITY) - tick();
    if (wait <= 0) return false;
    await new Promise<void>((resolve) => {
      const go = () => {
        clearTimeout(timer);
        waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, wait);
      waiting.add(go);
    });
    return !isGone() && enter(load);
  }

  /** The rush is over: who waits need not wait until his time is over. Two for each that leaves. */
  function callWaiting(): void {
    if (waiting.size === 0 || admission.working > admission.limit / 2) return;
    const [first, second] = waiting;
    first?.();
    second?.();
  }

  return async (inbound) => {
    if (ALWAYS.has(inbound.path)) return app(inbound);
    const load = loadOf(inbound.method, inbound.path);
    if (!enter(load) && !(await mayEnter(inbound, load))) {
      admission.refuse();
      const seconds = Math.min(LONGEST_RETRY_SECONDS, Math.max(1, Math.ceil(waiting.size / WAITING_A_SECOND)));
      toldUntil.set(inbound.line, tick() + 1000 * seconds);
      // A body that came with its head is passed over, so that the connection can go on; any other ends it.
      await Promise.race([inbound.read(PASSED_OVER).catch(() => {}), nextTurn()]);
      return refuse(inbound, seconds);
    }
    try {
      const { read } = inbound;
      inbound.read = (limit) => admission.rest(read(limit), load);
      return await app(inbound);
    } finally {
      admission.leave(load);
      dearTurns.look();
      callWaiting();
    }
  };
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Cache. Key: language and seconds. Bound: languages times LONGEST_RETRY_SECONDS. Lifetime: SAME_MS, so much its time may be late. */
function createRefusals(engine: Engine): (inbound: Inbound, seconds: number) => Soon<Outgoing> {
  const made = new Map<string, { at: number; answer: Soon<Outgoing> }>();
  return ({ headers }, seconds) => {
    const choice = languageFor(headers, engine.settings);
    const key = `${choice.language} ${choice.asked} ${seconds}`;
    const known = made.get(key);
    if (known && engine.tick() - known.at < SAME_MS) return known.answer;
    const error = new ApiError("busy", { seconds }, { retryAfter: seconds });
    const told = tellError(error, choice);
    const extra = { ...told.headers, "retry-after": String(seconds) };
    const body = errorBody(error, told.message, engine.now());
    const answer = respond(body, error.spec.status, undefined, { mode: "never", vault: engine.vault }, extra);
    made.set(key, { at: engine.tick(), answer });
    return answer;
  };
}
