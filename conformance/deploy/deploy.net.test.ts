// What deploy/ gives to people who install Allo for good is what the tools it is for accept, and works in front of the program.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "@allo/testkit";
import { openCentre } from "../call/centre.ts";

const ROOT = join(import.meta.dirname, "../..");
const has = (program: string): boolean => spawnSync("which", [program]).status === 0;
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test.skipIf(!has("systemd-analyze"))("systemd accepts the service, which is shut in", () => {
  const folder = makeFolder();
  const unit = join(folder, "allo.service");
  // Verifying wants the user and the start script to exist: those of this machine stand in.
  writeFileSync(unit, read("deploy/systemd/allo.service").replaceAll("/opt/allo", ROOT).replaceAll("=allo\n", "=root\n"));
  const verified = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  expect(`${verified.stdout}${verified.stderr}`).toBe("");
  expect(verified.status).toBe(0);
});

test.skipIf(!has("nft"))("nftables accepts the firewall's rules, which name every port of the settings", () => {
  const rules = read("deploy/firewall/nftables.conf");
  for (const port of ["5060", "5070", "8080", "20000-29999"]) expect(rules).toContain(port);
  const checked = spawnSync("nft", ["-c", "-f", join(ROOT, "deploy/firewall/nftables.conf")], { encoding: "utf8" });
  // Without the kernel's netfilter (a container) only the words can be checked.
  if (!/Operation not permitted|Could not process rule: (No such file|Operation not supported)/.test(checked.stderr))
    expect(checked.stderr).toBe("");
});

test("the container's file copies and starts what is there, and names the ports of the settings", () => {
  const text = read("deploy/container/Containerfile");
  for (const [, path] of text.matchAll(/"(tools\/[^"]+)"/g)) expect(existsSync(join(ROOT, path ?? ""))).toBe(true);
  expect(text).toContain("RUN node tools/bootstrap.mjs install");
  for (const port of ["8080/tcp", "5060/udp", "5070/udp", "20000-29999/udp"]) expect(text).toContain(port);
  expect(text).toMatch(/^USER allo$/m);
  const ignored = read(".containerignore").split("\n");
  for (const path of ["data", "node_modules", ".git"]) expect(ignored).toContain(path);
});

test.skipIf(!has("nginx") || !has("openssl"))(
  "nginx in front: people sign in with a cookie bound to HTTPS, are known by their own address, and the live link stands",
  async () => {
    const port = await freePort();
    const origin = `https://desk.example.com:${port}`;
    const centre = await openCentre({ env: { ALLO_TRUSTED_PROXIES: "127.0.0.1", ALLO_TLS: "off", ALLO_ORIGINS: origin } });
    onTestFinished(() => centre.program.stop());
    await startNginx(port, new URL(centre.program.url).port);
    const ask = (path: string, options: Asked = {}, body?: string): Promise<{ answer: IncomingMessage; text: string }> =>
      send({ port, path, ...options, headers: { host: `desk.example.com:${port}`, origin, ...options.headers } }, body);

    const signedIn = await ask(
      "/api/v1/session",
      { method: "POST", headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.66" } },
      JSON.stringify({ email: centre.agentEmail, password: centre.password }),
    );
    expect(signedIn.answer.statusCode).toBe(200);
    const cookie = signedIn.answer.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(/; Secure/);
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    expect((await ask("/api/v1/desk", { headers })).answer.statusCode).toBe(200);
    expect((await ask("/desk", { headers: { ...headers, accept: "text/html" } })).text).toContain("<div id=");
    expect(await upgrade({ port, path: "/api/v1/live", headers: { host: `desk.example.com:${port}`, origin, ...headers } })).toBe(101);
    // What a browser writes into the header itself is not believed: nginx says whom it sees.
    expect(JSON.stringify((await centre.admin.call("auditList", { query: {} })).items)).not.toContain("203.0.113.66");
  },
  120_000,
);

/** Headers by name, so that more can be laid over them. */
type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "allo-deploy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The example as it stands, on a port of its own with a certificate of its own. */
async function startNginx(port: number, alloPort: string): Promise<void> {
  const folder = makeFolder();
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=desk.example.com"],
    ...["-keyout", key, "-out", certificate],
  ]);
  expect(made.status).toBe(0);
  const server = read("deploy/proxy/nginx.conf")
    .replace(/server \{\s+listen 80;[\s\S]*?\n\}\n/, "")
    .replace("listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`)
    .replace(/\n\s*listen \[::\]:443 ssl;/, "")
    .replace("/etc/ssl/desk.example.com.pem", certificate)
    .replace("/etc/ssl/desk.example.com.key", key)
    .replace("127.0.0.1:8080", `127.0.0.1:${alloPort}`)
    // The public name has no port of its own in the example.
    .replaceAll("$host;", "$http_host;");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
  const configuration = join(folder, "nginx.conf");
  writeFileSync(
    configuration,
    `pid ${folder}/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${server}}\n`,
  );
  const nginx = spawn("nginx", ["-c", configuration, "-p", folder, "-g", "daemon off;"], { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  nginx.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString("utf8")));
  onTestFinished(async () => {
    if (nginx.exitCode !== null) return;
    nginx.kill("SIGTERM");
    await once(nginx, "exit");
  });
  await expect
    .poll(
      () =>
        send({ port, path: "/healthz", headers: { host: `desk.example.com:${port}` } }).then(
          ({ answer }) => answer.statusCode,
          () => complaint,
        ),
      { timeout: 20_000 },
    )
    .toBe(200);
}

function send(options: RequestOptions, body?: string): Promise<{ answer: IncomingMessage; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ answer: IncomingMessage; text: string }>();
  const sent = request({ host: "127.0.0.1", servername: "desk.example.com", rejectUnauthorized: false, ...options }, (answer) => {
    let text = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    answer.on("end", () => resolve({ answer, text }));
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

function upgrade({ headers, ...options }: Omit<RequestOptions, "headers"> & Asked): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request({
    host: "127.0.0.1",
    servername: "desk.example.com",
    rejectUnauthorized: false,
    ...options,
    headers: {
      ...headers,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.alloc(16, 7).toString("base64"),
    },
  });
  sent.on("upgrade", (answer, socket) => {
    socket.destroy();
    resolve(answer.statusCode ?? 0);
  });
  sent.on("response", (answer) => resolve(answer.statusCode ?? 0));
  sent.on("error", reject);
  sent.end();
  return promise;
}
