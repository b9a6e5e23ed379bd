// What a handler gets and what it gives back.
import type { Catalogue, EndpointName } from "@ostiary/shared/catalogue.ts";
import type { Endpoint, ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";
import type { Language, LanguageChoice } from "@ostiary/shared/messages/language.ts";
import type { Phrase } from "@ostiary/shared/messages/phrases.ts";
import type { Work } from "../services/work.ts";
import type { Bag } from "./bag.ts";
import type { Body } from "./exchange.ts";

export interface Call<Params = Record<string, unknown>> extends Work {
  params: Params;
  /** Every parameter as it came, for the endpoints that take names we do not know beforehand. */
  bag: Bag;
  /** The client has hung up: nobody will read the answer. */
  isGone: () => boolean;
  /** Address of the other end of the connection. */
  peer: string;
  /** Address of the client: what trusted proxies say (OverrideAuthorizationClient), else the other end of the connection. */
  client: string;
  headers: Pick<Headers, "get">;
  /** For the few values that hold texts; messages and errors are put into words after the handler. */
  language: () => LanguageChoice;
  /** e.g. `POST /validate/check` */
  action: string;
  /** milliseconds since 1970 */
  startedAt: number;
  /** monotonic milliseconds */
  startedTick: number;
  /** The audit row of this call is written: one row a call. */
  audited: boolean;
}

export interface Reply<Value = unknown> {
  value: Value;
  detail?: Record<string, unknown>;
  /** `detail.message`, put into words where the answer is made. */
  message?: Phrase | undefined;
  /** The value itself holds texts in this language. */
  language?: Language;
  /** Only for endpoints without envelope: another status than 200. */
  status?: number;
  /** Goes out in place of the envelope, as an attachment of this name (rest-api.md 1.7, last item). */
  file?: ReplyFile;
}

export interface ReplyFile {
  name: string;
  contentType: string;
  body: Body;
}

export type Handler<E extends Endpoint> = (call: Call<ParamsOf<E>>) => Promise<Reply<ValueOf<E>>>;
export type Handlers<Names extends EndpointName> = { [Name in Names]: Handler<Catalogue[Name]> };
