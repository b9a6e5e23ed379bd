// An endpoint is data. One entry gives the request check, the type of its handler, the OpenAPI page and the typed client.
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import type { ErrorName } from "./errors.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * Who may call: nobody is asked (`none`), an administrator, or an administrator or user (`user`). For a user the
 * parameters user, realm and resolver are replaced by his own before anything else happens (rest-api.md 1.5).
 */
export type Access = "none" | "user" | "admin";

/**
 * What a call asks of the server, so that under load log-ins come first: `login`, a log-in of somebody; `dear`, work that takes
 * milliseconds of a processor or searches (it takes turns, engine/core/turns.ts); `plain`, all else.
 */
export type Load = "login" | "plain" | "dear";

export interface Endpoint {
  methods: readonly Method[];
  /** First the full form; further forms of the same call after it. `:name` is a path parameter and a member of `params`. */
  paths: readonly string[];
  access: Access;
  /** The policy action that stands for the call; `{TYPE}` is the token type in capitals. No policy is enforced yet. */
  right?: string;
  params: TObject;
  /** `result.value` */
  value: TSchema;
  /** `detail` on success, where it is worth describing. */
  detail?: TSchema;
  /** GET /client/ tells which programs called it (rest-api.md 2.8). */
  noted?: boolean;
  /** Access "none", but asks for an API key of role validate where that is demanded (rest-api.md 1.5). */
  apiKey?: boolean;
  /** `id` of the envelope: 2 on the validate calls that carry `result.authentication`. */
  id?: 1 | 2;
  /** Parameters beyond `params` reach the handler as they came (system settings, resolver fields). */
  open?: boolean;
  /** Where absent: plain. */
  load?: Load;
  /** bytes; the setting server.body_limit where absent */
  bodyLimit?: number;
  /** The audit trail gets no row (health, metrics, documentation). */
  unaudited?: boolean;
  /** Answers without envelope, with this content type. */
  raw?: string;
  /** Further statuses under which the same answer comes (readyz: 503). */
  statuses?: readonly number[];
  /** It can answer an attachment of this content type in place of the envelope; always, where fileOnly says so. */
  file?: string;
  fileOnly?: boolean;
  /** What it does, in a line and in a paragraph. */
  summary: string;
  description?: string;
  tag: string;
  /** Besides those that follow from access, right and parameters (endpoint-errors.ts). */
  errors?: readonly ErrorName[];
}

/** Checks an entry's shape at compile time and keeps its literal types. */
export function endpoint<const E extends Endpoint>(entry: E): E {
  return entry;
}

export type ParamsOf<E extends Endpoint> = Static<E["params"]>;
export type ValueOf<E extends Endpoint> = Static<E["value"]>;
