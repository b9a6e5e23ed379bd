// Does a call come from a page of this site? Three signs, each enough against a foreign page by itself; all must be right.

/** A header that no form and no foreign page can send without asking first, and nobody is allowed to. */
export const CALL_HEADER = "x-ostiary-site";

/** `url`: address of the request as people see it. */
export function isOwnCall(request: Request, url: URL): boolean {
  const { headers } = request;
  const site = headers.get("sec-fetch-site");
  return (
    headers.get(CALL_HEADER) === "1" &&
    // Browsers send it over HTTPS and on localhost (Fetch Metadata 2.3).
    (site === null || site === "same-origin") &&
    headers.get("origin") === url.origin &&
    /^application\/json\b/i.test(headers.get("content-type") ?? "")
  );
}

/**
 * The way back after a log-in: a path of this site, or "" for anything that could lead elsewhere.
 * "//host", "/\host" and control characters are read as another host by browsers.
 */
export function readWayBack(text: string | null): string {
  if (!text || text.length > 2000 || !/^\/[^\\\p{Cc}]*$/u.test(text)) return "";
  const url = URL.parse(text, "http://site.invalid");
  if (url === null || url.origin !== "http://site.invalid" || url.pathname.startsWith("//")) return "";
  return /^\/(log(in|out)|api)(\/|$)/.test(url.pathname) ? "" : url.pathname + url.search + url.hash;
}
