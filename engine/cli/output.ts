// What commands print: tables and JSON on standard output, progress on standard error (a bar at a terminal, a line now and then
// elsewhere), so that the output of a command can go into a pipe.

/** One JSON document and a line end: what `--json` prints. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined));
}

// Control characters from a database must not reach a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: replacing them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Text from outside, fit for a terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL, "\ufffd");
}

/** Rows under a heading, columns padded; nothing but the heading when there is no row. */
export function printTable(columns: readonly string[], rows: readonly (readonly (string | number | boolean | null)[])[]): void {
  const cells = [columns, ...rows].map((row) => row.map((cell) => printable(cell === null ? "" : String(cell))));
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? "").length)));
  for (const row of cells)
    console.log(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

export interface Progress {
  /** `total` null: nobody knows. */
  show(done: number, total: number | null): void;
  end(): void;
}

const BAR = 30;
const LINE_EVERY_MS = 5000;

/** @param quiet says nothing (`--json`, `--quiet`) */
export function openProgress(label: string, quiet = false): Progress {
  const { stderr } = process;
  const startedTick = performance.now();
  let shownTick = Number.NEGATIVE_INFINITY;
  let shown = false;
  const render = (done: number, total: number | null): string => {
    if (total === null || total <= 0) return `${label}: ${done}`;
    const part = Math.min(1, done / total);
    const seconds = (performance.now() - startedTick) / 1000;
    const left = part > 0 && part < 1 ? `, ${Math.ceil((seconds / part) * (1 - part))} s left` : "";
    const filled = Math.round(part * BAR);
    const bar = stderr.isTTY ? `[${"#".repeat(filled)}${".".repeat(BAR - filled)}] ` : "";
    return `${label}: ${bar}${Math.floor(part * 100)} % (${done} of ${total}${left})`;
  };
  return {
    show(done, total) {
      const now = performance.now();
      const last = total !== null && done >= total;
      if (quiet || (!last && now - shownTick < (stderr.isTTY ? 100 : LINE_EVERY_MS))) return;
      shownTick = now;
      shown = true;
      stderr.write(stderr.isTTY ? `\r\u001b[K${render(done, total)}` : `${render(done, total)}\n`);
    },
    end() {
      if (shown && stderr.isTTY) stderr.write("\n");
    },
  };
}

export interface StepProgress {
  show(step: string, done: number, total: number): void;
  end(): void;
}

/** Progress of work in several steps, a bar for each. */
export function openStepProgress(quiet = false): StepProgress {
  let current: { step: string; bar: Progress } | null = null;
  return {
    show(step, done, total) {
      if (current?.step !== step) {
        current?.bar.end();
        current = { step, bar: openProgress(step, quiet) };
      }
      current.bar.show(done, total);
    },
    end: () => current?.bar.end(),
  };
}
