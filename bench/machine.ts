// What a figure was measured on: a result without it says nothing.
import { readdirSync, readFileSync } from "node:fs";
import { arch, cpus, platform, release, totalmem } from "node:os";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  bun: string;
}

/** The machine this process runs on. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()} ${arch()}`,
    bun: Bun.version,
  };
}

/** Processor time that a process and its threads have used, user and system, in microseconds (steps of 10 ms; Linux only). */
export function readCpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Fields 14 and 15 of proc(5), counted after the name, which may hold spaces; in ticks of USER_HZ = 100.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** The same of each thread in nanosecond steps, by its name; "main" is the event loop's. Threads of one name count together (Linux only). */
export function readThreadMicros(pid: number): Record<string, number> {
  const micros: Record<string, number> = {};
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const folder = `/proc/${pid}/task/${thread}`;
      const name = thread === String(pid) ? "main" : readFileSync(`${folder}/comm`, "utf8").trim();
      // Its first field: nanoseconds on a processor.
      const [nanos] = readFileSync(`${folder}/schedstat`, "utf8").split(" ");
      micros[name] = (micros[name] ?? 0) + Number(nanos) / 1000;
    } catch {
      // A thread that ended meanwhile.
    }
  }
  return micros;
}

/** Resident memory of a process in bytes (Linux only). */
export function readResidentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;
}
