// Addresses of pages. The site may lie below a path, so no link is written without this.
import { resolve } from "$app/paths";

/** @param path of this site from its root, with its query: `/tokens?type=totp`; names in it are encoded by the caller */
export function to(path: string): string {
  // On the server the root is relative to the page, in the browser it is absolute: both end in a slash.
  return resolve("/").slice(0, -1) + path;
}
