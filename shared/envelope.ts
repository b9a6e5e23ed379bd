// The envelope every answer travels in (rest-api.md 1.1 and 1.2).
// A member that does not apply is absent, never null (clients-contract.md W9), except `detail` of an error.

/** The release whose contract we speak: clients parse both texts (clients-contract.md W17). */
export const VERSION_NUMBER = "3.8";
export const VERSION = `privacyIDEA ${VERSION_NUMBER}`;

export type Authentication = "ACCEPT" | "CHALLENGE" | "REJECT";

export interface SuccessEnvelope<Value = unknown> {
  jsonrpc: "2.0";
  id: 1 | 2;
  result: { status: true; value: Value; authentication?: Authentication };
  detail?: Record<string, unknown>;
  version: string;
  versionnumber: string;
  /** seconds since 1970, with fraction */
  time: number;
  nonce?: string;
  signature?: string;
}

export interface ErrorEnvelope {
  jsonrpc: "2.0";
  id: 1;
  result: { status: false; error: { code: number; message: string } };
  detail: Record<string, unknown> | null;
  version: string;
  time: number;
  nonce?: string;
  signature?: string;
}

export type Envelope<Value = unknown> = SuccessEnvelope<Value> | ErrorEnvelope;
