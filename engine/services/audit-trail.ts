// GET /audit/ and its CSV: pages of the trail. Everything is searched and checked in a worker (audit/trail-worker.ts).
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ParamsOf, ValueOf } from "@ostiary/shared/endpoint.ts";
import type { AuditColumn, AuditEntryObject } from "@ostiary/shared/endpoints/audit.ts";
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { toEntry } from "../audit/entry.ts";
import type { Page } from "../audit/trail-worker.ts";
import { quoteCsvValue } from "../core/quoted-csv.ts";
import { compileWildcard } from "../core/wildcard.ts";
import { buildQuery } from "./audit-query.ts";
import { type AuditView, viewOf } from "./audit-view.ts";
import { nameCaller } from "./caller.ts";
import type { Engine } from "./engine.ts";
import type { Caller } from "./sessions.ts";

type ListParams = ParamsOf<Catalogue["auditList"]>;
type CsvParams = ParamsOf<Catalogue["auditCsv"]>;

const DEFAULT_PAGE_SIZE = 15;
// A search beyond it stops and says so.
const SEARCH_MS = 1500;
// Rows read on the way to the signatures over the rows of a page.
const PAGE_BUDGET = 10_000;
const CSV_SLICE = 500;
const CSV_BUDGET = 50_000;

/** Error: bad_parameter. */
export async function listAudit(
  params: ListParams,
  caller: Caller | null,
  engine: Engine,
): Promise<ValueOf<Catalogue["auditList"]>> {
  const view = viewOf(caller);
  const current = params.page ?? 1;
  const size = params.page_size ?? DEFAULT_PAGE_SIZE;
  const page = await engine.audit.trail.findPage(
    {
      query: await buildQuery(params, view, engine.now(), chainFinder(engine)),
      offset: (current - 1) * size,
      limit: size,
      count: true,
      budgetMs: SEARCH_MS,
      check: checkOptions(engine, PAGE_BUDGET),
    },
    shareOf(caller),
  );
  const { count, complete, searchedTo } = page;
  return {
    auditdata: toEntries(page, view),
    auditcolumns: [...view.columns],
    count,
    current,
    prev: current > 1 ? current - 1 : null,
    next: current * size < count ? current + 1 : null,
    complete,
    searched_to: searchedTo,
  };
}

/** The lines of the CSV, made while they are sent. Errors, before the first line: bad_parameter. */
export async function exportAudit(params: CsvParams, caller: Caller | null, engine: Engine): Promise<AsyncGenerator<string>> {
  const view = viewOf(caller);
  const columns = chooseColumns(params.columns, view);
  const query = await buildQuery(params, view, engine.now(), chainFinder(engine));
  return writeLines();

  async function* writeLines(): AsyncGenerator<string> {
    const ascending = query.order === "asc";
    // Rows that are written while this goes out do not prolong it.
    let { before, after } = ascending ? { ...query, before: query.before ?? (await endOfTrail(engine)) } : query;
    for (;;) {
      const page = await engine.audit.trail.findPage(
        {
          query: { ...query, before, after },
          offset: 0,
          limit: CSV_SLICE,
          count: false,
          budgetMs: SEARCH_MS,
          check: checkOptions(engine, CSV_BUDGET),
        },
        shareOf(caller),
      );
      const entries = toEntries(page, view);
      if (entries.length > 0) yield entries.map((entry) => toLine(entry, columns)).join("");
      const last = entries.length === CSV_SLICE ? page.rows.at(-1)?.id : page.searchedTo;
      if (last === null || last === undefined) return;
      if (ascending) after = last;
      else before = last;
    }
  }
}

const shareOf = (caller: Caller | null): string => (caller ? nameCaller(caller) : "");

function toLine(entry: Partial<AuditEntryObject>, columns: readonly AuditColumn[]): string {
  return `${columns.map((column) => quoteCsvValue(entry[column] ?? "")).join(",")}\n`;
}

function chooseColumns(wanted: readonly string[] | undefined, view: AuditView): readonly AuditColumn[] {
  if (wanted === undefined || wanted.length === 0) return view.columns;
  return wanted.map((name) => {
    const column = view.columns.find((known) => known === name);
    if (column) return column;
    throw new ApiError("bad_parameter", {
      name: "columns",
      wanted: phrase("wanted_one_of", { words: view.columns.join(", ") }),
    });
  });
}

function toEntries({ rows, verdicts, nodes }: Page, view: AuditView): AuditEntryObject[] {
  return rows.map((row, at) => {
    const entry = toEntry(row, nodes.get(row.chain) ?? "", verdicts[at] ?? { signed: false, linked: false });
    const shown = Object.entries(entry).filter(([column]) => view.columns.includes(column as AuditColumn));
    return Object.fromEntries(shown) as AuditEntryObject;
  });
}

/** A row is signed within seconds; one that is not after this long will not be (Z09: it shows FAIL). */
function checkOptions({ settings, now }: Engine, budget: number) {
  return { now: now(), graceMs: Math.max(60, settings["audit.checkpoint_seconds"] * 3) * 1000, budget };
}

function chainFinder({ store }: Engine): (pattern: string) => Promise<number[]> {
  return async (pattern) => {
    const fits = compileWildcard(pattern);
    const chains = await store.point(store.sql.selectFrom("audit_chain").select(["id", "node"]).compile());
    return chains.filter(({ node }) => fits(node)).map(({ id }) => id);
  };
}

async function endOfTrail({ store }: Engine): Promise<number> {
  const query = store.sql
    .selectFrom("audit")
    .select((eb) => eb.fn.max("id").as("last"))
    .compile();
  return ((await store.point(query))[0]?.last ?? 0) + 1;
}
