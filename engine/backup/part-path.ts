// Names of what an archive holds: paths below the data directory, with "/" between their parts, and nothing that leads elsewhere.

const MAX_LENGTH = 400;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const SEGMENT = /^[^\u0000-\u001f\u007f/\\:]+$/;

/** Why this is no path inside a directory, or null. */
export function findPathFault(path: string): string | null {
  if (path === "" || path.length > MAX_LENGTH) return "it is empty or too long";
  const wrong = path.split("/").some((part) => part === "." || part === ".." || !SEGMENT.test(part));
  return wrong ? "it leads out of the directory or holds characters that no name has" : null;
}
