// What is compiled from the shared tables (realms, resolvers, settings) follows the store: one reload after each change, and one
// for many that come at once. Whoever writes such a table waits for `settled` and then sees what he wrote.
//
//   change ──> running ──> settled          a change while one runs: that one may have read too early, so one more
//                 └──────> queued (at most one; changes that come meanwhile join it)

export interface Configuration {
  /** Resolves when everything changed up to now is in force; rejects with what keeps it from that. */
  settled(): Promise<void>;
}

/**
 * @param store tells of each change, also of those other processes make
 * @param reload reads the tables again
 * @param onFault hears of reloads that failed; what was in force stays
 */
export function followConfiguration(
  store: { onConfigurationChange(listener: () => void): void },
  reload: () => Promise<unknown>,
  onFault: (error: unknown) => void,
): Configuration {
  let running: Promise<void> = Promise.resolve();
  let queued: Promise<void> | null = null;
  let failed = false;

  function start(): Promise<void> {
    queued = null;
    failed = false;
    running = reload().then(() => {});
    running.catch((error: unknown) => {
      failed = true;
      onFault(error);
    });
    return running;
  }

  function queue(): void {
    if (queued) return;
    queued = running.then(start, start);
    queued.catch(() => {});
  }

  store.onConfigurationChange(queue);
  return {
    settled() {
      // What went wrong once is tried again for who asks next.
      if (failed) queue();
      return queued ?? running;
    },
  };
}
