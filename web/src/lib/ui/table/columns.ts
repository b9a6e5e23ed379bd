// The columns and filters of a list, as data.
import type { Snippet } from "svelte";
import type { MessageKey } from "../../text/text.ts";

export interface Column<Row> {
  id: string;
  label: MessageKey;
  /** Name by which the engine sorts. */
  sort?: string;
  /** Plain contents; a snippet of the same name in `cells` draws it otherwise. */
  text(row: Row): string;
  /** Where there is room: 1 always, 2 from 640 px, 3 from 1024 px, 4 from 1440 px. */
  room?: 1 | 2 | 3 | 4;
  /** Shown only if somebody asks for it. */
  extra?: boolean;
  /** Figures stand to the right. */
  numeric?: boolean;
}

export type Cells<Row> = Record<string, Snippet<[Row]>>;

export interface Filter {
  name: string;
  label: MessageKey;
  /** One of these; without them any text. */
  options?: readonly { value: string; label: string }[];
  hint?: MessageKey;
}

/** A page of rows, or why there is none. */
export type Delivery<Row> =
  | { rows: readonly Row[]; count: number; complete?: boolean }
  | { fault: { status: number; message: string } };

/** Written out, so that Tailwind finds them. */
export const roomClass = {
  1: "",
  2: "hidden sm:table-cell",
  3: "hidden lg:table-cell",
  4: "hidden min-[90rem]:table-cell",
} as const;
