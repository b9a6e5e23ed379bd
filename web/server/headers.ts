// What every answer of the site carries, beside the policy of content that SvelteKit makes with a fresh nonce for each page.

/** @param hstsSeconds 0: none (RFC 6797 7.2: never over plain HTTP) */
export function pageHeaders(hstsSeconds: number): Record<string, string> {
  return {
    // Pages show tokens and people: no copy of them stays in a cache or in the browser's history.
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    // A page that is none of SvelteKit's (a plain error) holds nothing that could run.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    ...(hstsSeconds > 0 ? { "strict-transport-security": `max-age=${hstsSeconds}` } : {}),
  };
}
