// What the groups of endpoints are about. A group without words here is named all the same.
type Tag = { name: string; description?: string };

const words: Readonly<Record<string, string>> = {
  authentication: "Log in to the API.",
  validate: "Log-ins of others: what VPN gateways, desktops and web sites ask.",
  token: "Tokens: enrolment, owners, PINs, life and death.",
  user: "People, as their sources know them.",
  resolver: "Where users come from.",
  realm: "Groups of user sources, with their priorities.",
  system: "Settings in the database, the key ring.",
  administrator: "Local administrators.",
  apikey: "Keys for programs that call this API.",
  application: "What tokens can be attached to.",
  job: "Work that runs on after its call.",
  audit: "The audit trail.",
  client: "Which programs asked lately.",
  tokengroup: "Groups that tokens are put into.",
  monitoring: "Figures over time.",
  operation: "For machines that watch the server: without envelope, not in the audit trail.",
};

/** Each once, in the order of `tags`. */
export function describeTags(tags: readonly string[]): Tag[] {
  return [...new Set(tags)].map((name) => ({ name, ...(words[name] ? { description: words[name] } : {}) }));
}
