// What is compiled from the shared tables (realms, resolvers, settings) follows the store: one reload after each change, and one
// for many that come at once. Whoever writes such a table waits for `settled` and then sees what he wrote.
//
//   change ──> running ──> settled          a change while one runs: that one may have read too early, so one more
//                 └──────> queued (at most one; changes that come meanwhile join it)

export interface Configuration {
  /** Resolves when everything changed up to now is in force; rejects with what kept it from that. */
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

  function start(): Promise<void> {
    queued = null;
    running = reload().then(() => {});
    running.catch(onFault);
    return running;
  }

  store.onConfigurationChange(() => {
    if (queued) return;
    queued = running.then(start, start);
    queued.catch(() => {});
  });
  return { settled: () => queued ?? running };
}
