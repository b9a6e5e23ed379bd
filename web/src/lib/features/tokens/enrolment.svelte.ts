// An enrolment, from the choice of a type to a value that was right.
//
//   type ──▶ settings ──enrol──▶ device (QR code) ──▶ proof ──right value──▶ done
//                 │                  │                  └──skip──────────────▲
//                 │                  └─ discard: the token is deleted        │
//                 └─ a type without one-time passwords ──────────────────────┘
import { call } from "../../api/call.ts";
import { faultText } from "../../api/fault-text.ts";
import type { MessageKey, Phrase, Text } from "../../text/text.ts";
import { type FormField, type FormValues, findFaults, initialValues } from "../../ui/form/fields.ts";
import { commonFields, toInitParams, typeFields } from "./enrol-fields.ts";
import { typeSpec } from "./type-words.ts";

export type Step = "type" | "settings" | "device" | "proof" | "done";

export interface Enrolled {
  serial: string;
  /** A picture for an app, as data: URL, and what it says. */
  qr: { img: string; value: string } | null;
  /** The key in base32, for who can not scan. */
  key: string | null;
  /** A password the engine made. */
  password: string | null;
}

export class Enrolment {
  step = $state<Step>("type");
  type = $state("");
  fields = $state.raw<readonly FormField[]>([]);
  values = $state<FormValues>({});
  faults = $state.raw<Record<string, Phrase>>({});
  busy = $state(false);
  refusal = $state<string | null>(null);
  enrolled = $state.raw<Enrolled | null>(null);
  proven = $state(false);
  readonly #text: Text;
  readonly #owner: readonly FormField[];
  readonly #refused: MessageKey;

  /** @param owner fields that ask whose token it becomes; none: the caller's own @param refused said of a wrong value; `{reason}` is the engine's word for it */
  constructor(text: Text, owner: readonly FormField[], refused: MessageKey = "enrol.proof.refused") {
    this.#refused = refused;
    this.#text = text;
    this.#owner = owner;
  }

  choose(type: string): void {
    const spec = typeSpec(type);
    if (!spec) return;
    const kept = this.values;
    this.type = type;
    this.fields = [...this.#owner, ...typeFields(spec), ...commonFields];
    this.values = { ...initialValues(this.fields), ...kept };
    this.faults = {};
    this.refusal = null;
    this.step = "settings";
  }

  /** It shows one-time passwords, so one can be tried. */
  get counts(): boolean {
    return typeSpec(this.type)?.params.includes("otplen") ?? false;
  }

  async enrol(): Promise<void> {
    this.faults = findFaults(this.fields, this.values);
    if (Object.keys(this.faults).length > 0) return;
    await this.#attempt(async () => {
      const { detail } = await call("tokenInit", toInitParams(this.type, this.values, this.fields));
      this.enrolled = readEnrolled(detail ?? {});
      this.step = this.counts && this.enrolled.qr ? "device" : this.counts ? "proof" : "done";
    });
  }

  async prove(otp: string): Promise<void> {
    const { enrolled } = this;
    if (!enrolled || otp.trim() === "") return;
    await this.#attempt(async () => {
      const { value, detail } = await call("validateCheck", {
        serial: enrolled.serial,
        pass: (this.values.pin ?? "") + otp.trim(),
      });
      if (value) {
        this.proven = true;
        this.finish();
      } else this.refusal = this.#text.t(this.#refused, { reason: String(detail?.message ?? "") });
    });
  }

  /** Key and PIN are not needed any more, so they are forgotten. */
  finish(): void {
    this.step = "done";
    this.refusal = null;
    this.values = {};
    if (this.enrolled) this.enrolled = { ...this.enrolled, qr: null, key: null };
  }

  /** Takes back what was enrolled. */
  async discard(): Promise<void> {
    const { enrolled } = this;
    if (!enrolled) return;
    await this.#attempt(async () => {
      await call("tokenDelete", { serial: enrolled.serial });
      this.enrolled = null;
      this.step = "settings";
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.refusal = null;
    try {
      await work();
    } catch (fault) {
      this.refusal = faultText(fault, this.#text);
    }
    this.busy = false;
  }
}

function readEnrolled(detail: Record<string, unknown>): Enrolled {
  const { serial, googleurl, otpkey, password } = detail as {
    serial?: string;
    googleurl?: { img?: string; value?: string };
    otpkey?: { value_b32?: string };
    password?: string;
  };
  return {
    serial: serial ?? "",
    qr: googleurl?.img ? { img: googleurl.img, value: googleurl.value ?? "" } : null,
    key: otpkey?.value_b32 ?? null,
    password: typeof password === "string" ? password : null,
  };
}
