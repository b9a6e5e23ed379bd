// What a part of the engine says whose worker threads die as soon as they start.

/** Milliseconds that jobs wait for a new worker when there is none; with a longer pause they are refused. */
export const PATIENCE_MS = 200;

/** Workers die again and again, and there is none to do the job: answer 503 and Retry-After. The message says what to do. */
export class WorkersFailingError extends Error {
  override readonly name = "WorkersFailingError";
  readonly retryAfterSeconds: number;
  constructor(text: string, retryAfterSeconds: number) {
    super(text);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** @param task what they do, e.g. "check one-time passwords". @param cause the error of the last one, "" if there was none. @param pause milliseconds */
export function describeFault(task: string, lost: number, cause: string, pause: number): string {
  const seconds = Math.max(1, Math.round(pause / 1000));
  return (
    `the threads that ${task} die as soon as they start (${lost} so far${cause === "" ? "" : `, the last one: ${cause}`}). ` +
    `Look at the limits of memory, threads and open files of this process; another one is started in ${seconds} s`
  );
}
