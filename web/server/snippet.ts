// Makes a snippet of HTML harmless. Those who write one are trusted with the site's words, not with its people's keys: only what is listed here gets
// through, written anew and with every element closed, so a snippet can not reach out of its place. The pages' policy of content is the
// second wall: it would run no script and load nothing from elsewhere, whatever came through.

const KEPT: Record<string, readonly string[]> = {
  a: ["href", "title"],
  img: ["src", "alt", "width", "height"],
  ...Object.fromEntries(
    "h2 h3 h4 p br hr div span strong b em i u small sub sup mark code pre kbd blockquote ul ol li dl dt dd table thead tbody tr th td"
      .split(" ")
      .map((name) => [name, []]),
  ),
};
/** Their contents stay. Everything that is neither here nor above goes with all that is in it. */
const UNWRAPPED = new Set("html body main section article header footer nav aside address center font h1 label".split(" "));
const VOID = new Set(["br", "hr", "img", "input", "link", "meta", "base", "area", "col", "embed", "source", "track", "wbr"]);

/** A raw value still holds its entities, so what decides stands at its beginning, letter by letter. */
const LINK = /^(https?:\/\/|mailto:|tel:)/i;
const OWN_PATH = /^\/(?=[\w-]|$)/;
const OWN_FILE = /^(?:\.\/)?([\w-]+\.(?:png|jpe?g|gif|webp|svg))$/i;
const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,[\w+/=]*$/i;

/** @param base path below which the site lies @param html as written by an administrator */
export function cleanSnippet(html: string, base: string): string {
  const out: string[] = [];
  const open: string[] = [];
  let dropped = 0;
  new HTMLRewriter()
    .on("*", {
      element(element) {
        const name = element.tagName.toLowerCase();
        const kept = Object.hasOwn(KEPT, name);
        if (!kept && !UNWRAPPED.has(name)) {
          if (VOID.has(name) || element.selfClosing) return;
          dropped++;
          element.onEndTag(() => void dropped--);
          return;
        }
        if (!kept || dropped > 0) return;
        out.push(writeTag(name, [...element.attributes], base));
        if (VOID.has(name)) return;
        open.push(name);
        element.onEndTag(() => {
          const at = open.lastIndexOf(name);
          while (at >= 0 && open.length > at) out.push(`</${open.pop()}>`);
        });
      },
    })
    .onDocument({
      text({ text }) {
        if (dropped === 0) out.push(text.replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
      },
    })
    .transform(html);
  while (open.length > 0) out.push(`</${open.pop()}>`);
  return out.join("").trim();
}

function writeTag(name: string, attributes: readonly string[][], base: string): string {
  const allowed = KEPT[name] ?? [];
  const written = attributes.flatMap(([key = "", value = ""]) => {
    const safe = allowed.includes(key) ? readValue(key, value.trim(), base) : null;
    return safe === null ? [] : [` ${key}="${safe.replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"`];
  });
  // Without the words for a picture, readers of the screen would read its file name.
  if (name === "img" && !attributes.some(([key]) => key === "alt")) written.push(' alt=""');
  return `<${name}${written.join("")}${name === "a" ? ' rel="noopener noreferrer"' : ""}>`;
}

function readValue(key: string, value: string, base: string): string | null {
  if (key === "href") return LINK.test(value) ? value : OWN_PATH.test(value) ? base + value : null;
  if (key === "src") {
    const [, file] = OWN_FILE.exec(value) ?? [];
    return file ? `${base}/custom/${file}` : PICTURE.test(value) ? value : null;
  }
  return key === "width" || key === "height" ? (/^\d{1,4}$/.test(value) ? value : null) : value;
}
