// ostiary web: the site alone, before any engine.
import { COMMON_OPTIONS, type Command, CommandError, FLAG } from "./command.ts";
import { buildSite } from "./site/build.ts";
import { runSite, toUrl } from "./site/run.ts";

const announce = () => console.error("building the site; this takes about ten seconds, once for each version …");

export const web: Command = {
  name: "web",
  summary: "run the site for people, before an engine that runs elsewhere",
  help: `ostiary web [--engine URL] [--web-listen HOST:PORT]

Runs the site for administration and self-service until SIGTERM, SIGINT or SIGHUP. "ostiary serve" does the same beside its engine,
so this is for a site on a machine of its own. Of the data directory it uses ostiary.toml and makes site/session.key, the key
that seals sessions; copies of it let several sites stand side by side. The first start builds the site (docs/site.md).

  --engine URL      address of the engine's REST API (default: server.listen of the settings)
  --web-listen H:P  address and port (default 127.0.0.1:8081)
  --build           only build the site, for a directory that the server's account can not write
${COMMON_OPTIONS}

Example
  ostiary web --engine https://mfa.example.com:8443 --data /srv/ostiary-site`,
  options: { build: FLAG },
  async run(line) {
    if (line.values.build === true) {
      console.log(await buildSite({ tell: announce }));
      return 0;
    }
    const settings = line.settings();
    const listen = settings["web.listen"];
    if (listen === null) throw new CommandError("web.listen is off: --web-listen takes the address of the site");
    const secure = settings["tls.certificate_file"] !== "";
    const site = runSite({
      settings,
      listen,
      engine: settings["web.engine"] || toUrl(settings["server.listen"], secure ? "https" : "http"),
      dataDir: line.dataDir,
      tell: (event, words) => (event === "building" ? announce() : event === "ready" ? console.log(words) : console.error(words)),
    });
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => void site.stop());
    await site.ended;
    return 0;
  },
};
