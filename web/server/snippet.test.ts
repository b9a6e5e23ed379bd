import { describe, expect, test } from "bun:test";
import { cleanSnippet } from "./snippet.ts";
import { readTheme } from "./theme.ts";

describe("cleanSnippet", () => {
  test.each([
    ["<p>Call <b>12</b> &amp; ask", "<p>Call <b>12</b> &amp; ask</p>"],
    ["</div></main><p>in", "<p>in</p>"],
    ["<ul><li>a<li>b</ul>", "<ul><li>a<li>b</li></li></ul>"],
    ["a<script>alert(1)</script><style>x{}</style>b", "ab"],
    ["<iframe srcdoc='<p>x'></iframe><form><input><p>y</form>z", "z"],
    ["<svg><p>x</p><script>1</script></svg><math><b>y</b></math>z", "z"],
    ["<p onclick=x() style=color:red class=y id=z>t</p>", "<p>t</p>"],
    ["<section><h2>t</h2></section>", "<h2>t</h2>"],
    ["<noscript><p>x</p></noscript><template><p>x</p></template><textarea></p></textarea>", ""],
    ["<!-- <b>x</b> --><p>1 > 0</p>", "<p>1 &gt; 0</p>"],
    ["<script>never closed <p>x", ""],
  ])("%p", (html, clean) => expect(cleanSnippet(html, "")).toBe(clean));

  const REL = ' rel="noopener noreferrer"';
  test.each([
    ["https://example.com/?a=1&b=2", ` href="https://example.com/?a=1&b=2"`],
    ["mailto:a@b.c", ` href="mailto:a@b.c"`],
    ["/my", ` href="/mfa/my"`],
    ["//evil.invalid", ""],
    ["/\\evil.invalid", ""],
    ["/&#47;evil.invalid", ""],
    ["javascript:alert(1)", ""],
    ["java&#115;cript:alert(1)", ""],
    [" \tjavascript:alert(1)", ""],
    ["data:text/html,x", ""],
  ])("link to %p", (href, written) => expect(cleanSnippet(`<a href="${href}">x</a>`, "/mfa")).toBe(`<a${written}${REL}>x</a>`));

  test("pictures lie in the directory, below the path of the site (EW-05)", () => {
    expect(cleanSnippet(`<img src="map.png" alt='a "b" <c>'>`, "/mfa")).toBe(
      `<img src="/mfa/custom/map.png" alt="a &quot;b&quot; &lt;c>">`,
    );
    expect(cleanSnippet(`<img src="../x.png"><img src="http://x.invalid/p.png"><img src="a.png" onerror=x>`, "")).toBe(
      `<img alt=""><img alt=""><img src="/custom/a.png" alt="">`,
    );
  });
});

test("a theme sets variables of the design, and nothing else (FQ-04)", () => {
  const { css, refused } =
    readTheme(`/* --color-x: red; */ :root { --color-accent: light-dark(#0f766e, rgb(1 2 3 / 50%)); --radius-md:0;
    --color-page: url(//evil.invalid/x); --other: 1px; color: red; --color-ink: expression(x); } @import "x"; body::before { content: "x" }`);
  expect(css).toBe(":root {\n  --color-accent: light-dark(#0f766e, rgb(1 2 3 / 50%));\n  --radius-md: 0;\n}\n");
  expect(refused).toEqual(["--color-page", "--other", "color", "--color-ink", "content"]);
});
