// Watches the rotation of the key ring while it runs.
//
//   idle ──a job runs──▶ running ──ended──▶ idle, the page is loaded again
import { call } from "../../api/call.ts";
import { faultText } from "../../api/fault-text.ts";
import type { Text } from "../../text/text.ts";
import { toasts } from "../../ui/toast.svelte.ts";

export interface Job {
  id: string;
  kind: string;
  by: string;
  startedAt: number;
  endedAt: number | null;
  state: "running" | "done" | "failed" | "stopped";
  done: number;
  total: number | null;
  error: string | null;
}

export const ROTATION = "key rotate";
const EVERY_MS = 700;

export class RotationWatch {
  job = $state.raw<Job | null>(null);
  stopping = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #text: Text;
  readonly #ended: () => Promise<void>;

  constructor(text: Text, ended: () => Promise<void>) {
    this.#text = text;
    this.#ended = ended;
  }

  follow(id: string): void {
    clearTimeout(this.#timer);
    this.stopping = false;
    void this.#look(id);
  }

  /** The page is left; the job goes on. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async stop(): Promise<void> {
    if (!this.job) return;
    this.stopping = true;
    await call("jobStop", { id: this.job.id }).catch((fault) => toasts.show("bad", faultText(fault, this.#text)));
  }

  async #look(id: string): Promise<void> {
    try {
      const { value } = await call("jobGet", { id });
      this.job = value;
      if (value.state !== "running") {
        this.job = null;
        this.#tell(value);
        await this.#ended();
        return;
      }
    } catch (fault) {
      toasts.show("bad", faultText(fault, this.#text));
      this.job = null;
      return;
    }
    this.#timer = setTimeout(() => void this.#look(id), EVERY_MS);
  }

  #tell({ state, error }: Job): void {
    const { t } = this.#text;
    if (state === "failed") toasts.show("bad", error ?? t("error.title"));
    else toasts.show(state === "done" ? "good" : "info", t(state === "done" ? "keyring.rotate.done" : "keyring.rotate.stopped"));
  }
}
