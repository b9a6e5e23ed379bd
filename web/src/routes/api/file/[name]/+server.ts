// Files that the engine answers with (CSV): a link, so that the browser saves them while they come.
import type { EndpointName } from "@ostiary/shared/catalogue.ts";
import { error } from "@sveltejs/kit";
import { downloadable } from "#lib/server/callable.ts";
import { fetchFile } from "#lib/server/engine.ts";
import type { RequestHandler } from "./$types";

export const GET: RequestHandler = async ({ params, url, request, locals, getClientAddress }) => {
  const { session, site, lang } = locals;
  const name: EndpointName | undefined = downloadable.find((one) => one === params.name);
  if (!name) error(404);
  if (!session) error(401);
  // A page elsewhere may link to a page of ours, but not make a browser fetch files.
  const from = request.headers.get("sec-fetch-site");
  if (from !== null && from !== "same-origin" && from !== "none") error(403);
  const options = { engine: site.engine, jwt: session.jwt, client: getClientAddress(), lang };
  const answer = await fetchFile(name, Object.fromEntries(url.searchParams), options);
  const type = answer.headers.get("content-type") ?? "";
  if (!answer.ok || /^application\/json/.test(type)) error(answer.status === 200 ? 502 : answer.status);
  return new Response(answer.body, {
    headers: { "content-type": type, "content-disposition": `attachment; filename="${fileName(name)}"` },
  });
};

function fileName(name: EndpointName): string {
  const day = new Date().toISOString().slice(0, 10);
  return name === "tokenList" ? `tokens-${day}.csv` : name === "auditCsv" ? `audit-${day}.csv` : `ostiary-${day}.rst`;
}
