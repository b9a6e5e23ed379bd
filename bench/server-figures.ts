// Figures of a running server from GET /metrics, for what a bench does to it.
import type { TestServer } from "../test/kit/start-server.ts";

/** Beats of the event loop's timer by how late they came: upper bound in seconds, beats up to it. */
export type StallCounts = [bound: number, beats: number][];

export async function readStalls(server: TestServer): Promise<StallCounts> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return [...text.matchAll(/^ostiary_loop_stall_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map(([, bound, beats]) => [
    bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound),
    Number(beats),
  ]);
}

/** The longest stall between two readings, milliseconds: the upper bound of the highest bucket that got more. */
export function findLongestStall(before: StallCounts, after: StallCounts): number {
  let [longest, known] = [0, 0];
  for (const [at, [bound, beats]] of after.entries()) {
    const more = beats - (before[at]?.[1] ?? 0);
    if (more > known) [longest, known] = [bound, more];
  }
  return longest * 1000;
}

/** What a collector of metrics would show of the memory, bytes. */
export async function readResident(server: TestServer): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}
