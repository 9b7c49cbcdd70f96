import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { createIdentityProvider, startProcesses, writeSettings, type Settings } from '@sallyport/standalone';
import { parse, stringify } from 'yaml';
import { startServer } from '../machine/child.ts';
import { sleep } from '../machine/processes.ts';
import type { Contender, Setup, Running, Wire } from './contender.ts';
import { logIn, logInBrowser } from './log-in.ts';

/** The processes of the gateway, and how to reach them. */
export type RunningGateway = Running & { settings: Settings; token: string };

const clientSecret = 'bench';
const person = { user: 'alice@example.com', password: 'alice' };

/** Where the bench's web application is. */
export const webHostOfBench = 'localhost';

/** Where sessions are recorded if anything is. */
export const recordedNamespace = 'recorded';

const originOf = (host: string, port: number | string) => `https://${host}:${port}`;

/** Without TLS on either side, as behind a load balancer that terminates it. */
function makePlain(settings: Settings, upstreamUrl: string): Settings {
  const config = parse(readFileSync(settings.configFile, 'utf8')) as {
    gateway: { url: string; tls?: unknown };
    clusters: { server: string; caFile?: string }[];
  };
  const gatewayUrl = settings.gatewayUrl.replace('https:', 'http:');
  config.gateway.url = gatewayUrl;
  delete config.gateway.tls;
  for (const cluster of config.clusters) {
    cluster.server = upstreamUrl;
    delete cluster.caFile;
  }
  writeFileSync(settings.configFile, stringify(config));
  return { ...settings, gatewayUrl };
}

type StartOptions = {
  /** Passed to each of the services. */
  environment?: Record<string, string>;
  /** Replace the programs of services. */
  programs?: Partial<Record<ServiceName, string>>;
  /** Writes the configuration for them. */
  write?: typeof writeSettings;
  /** The stages of which no event is written. */
  omitStages?: readonly string[];
  /** A real cluster instead of the upstream of the bench. */
  cluster?: { server: string; caFile: string; tokenFile: string };
  /** The host of a web application with the same upstream, instead of the cluster. */
  webHost?: string | undefined;
  /** One process with everything in its directory, instead of four with Redis, Kafka and PostgreSQL. */
  small?: boolean;
  /** The public key of a connector. The cluster `behind` has the same upstream through it. */
  connectorKey?: string;
  /** Whether watches may share connections of HTTP/2 to the cluster, as is the default. */
  clusterHttp2?: boolean;
  /** Sessions in one namespace are recorded, for a key that no one has. */
  recordings?: boolean;
};

/** A web application that learns who asks by an assertion. */
const webRoute = (from: string, to: string, toCaFile: string) => ({
  from,
  to,
  toCaFile,
  identity: { jwt: true },
  policy: [{ allow: { or: [{ groups: 'sre' }, { groups: 'developers' }] } }],
});

const recordingsIn = (directory: string) => ({
  recipients: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
  store: { dir: path.join(directory, 'recordings') },
  rules: [{ record: 'required', and: [{ 'k8s/namespace': recordedNamespace }] }],
});

async function settle(
  { bed, authority, caFile, upstream }: Setup,
  directory: string,
  issuer: string,
  wire: Wire,
  {
    omitStages = [],
    cluster,
    webHost,
    small = false,
    recordings = false,
    connectorKey,
    clusterHttp2 = true,
    write = writeSettings,
  }: StartOptions,
): Promise<Settings> {
  const gatewayPort = await freePort();
  const routes =
    webHost === undefined ? {} : { routes: [webRoute(originOf(webHost, gatewayPort), upstream.secureUrl, caFile)] };
  const entry = {
    ...(cluster ?? { server: upstream.secureUrl, caFile, token: 'token-of-the-gateway-itself' }),
    policy: [{ allow: { or: [{ groups: 'sre' }, { groups: 'developers' }] } }],
    ...(clusterHttp2 ? {} : { http2: false }),
  };
  const settings = await write({
    directory,
    gatewayPort,
    authority,
    sessions: small ? {} : { redis: bed.redis!.url },
    audit: small
      ? {}
      : {
          kafka: { brokers: bed.kafka!.brokers, topic: `sallyport.bench.${path.basename(directory)}` },
          ...(omitStages.length > 0 ? { omitStages } : {}),
          store: bed.postgres ? { postgres: bed.postgres.url } : { embedded: path.join(directory, 'audit') },
        },
    providers: [
      {
        id: 'corp',
        issuer,
        clientId: 'sallyport',
        clientSecret,
        allowInsecureIssuer: true,
        scopes: ['openid', 'profile', 'email', 'groups'],
      },
    ],
    clusters: [
      { name: 'bench', ...entry },
      ...(connectorKey === undefined ? [] : [{ name: 'behind', connector: 'bench', ...entry }]),
    ],
    more: {
      streams: { perUser: 100_000, perCluster: 100_000 },
      ...routes,
      ...(connectorKey === undefined ? {} : { connectors: [{ name: 'bench', publicKeys: [connectorKey] }] }),
      ...(recordings ? { recordings: recordingsIn(directory) } : {}),
    },
  });
  return wire === 'tls' ? settings : makePlain(settings, upstream.plainUrl);
}

/** Waits until all services are ready, including their stores. */
async function allReady(adminPorts: Readonly<Record<string, number>>): Promise<void> {
  const end = Date.now() + 60_000;
  for (const [name, port] of Object.entries(adminPorts)) {
    for (let answer: string | undefined; answer !== 'ready';) {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      answer = response?.ok ? 'ready' : await response?.text();
      if (answer !== 'ready' && Date.now() > end) throw new Error(`${name} is not ready: ${answer ?? 'no answer'}`);
      if (answer !== 'ready') await sleep(100);
    }
  }
}

type Started = Pick<Running, 'pids' | 'apart' | 'stop'>;

async function startServices(
  { bed }: Setup,
  { configFile, adminPorts }: Settings,
  rest: Required<Pick<StartOptions, 'environment' | 'programs'>> & { directory: string },
): Promise<Started> {
  const processes = await startProcesses({ configFile, adminPorts, readyTimeoutMs: 60_000, ...rest });
  const { proxy, authorize, ...others } = Object.fromEntries(serviceNames.map((name) => [name, processes.pid(name)!]));
  return {
    pids: { proxy: proxy!, authorize: authorize! },
    apart: { ...others, redis: bed.redis!.pid()!, kafka: bed.kafka!.pid()! },
    stop: () => processes.stopAll(),
  };
}

async function startServe({ configFile, gatewayUrl }: Settings, directory: string): Promise<Started> {
  const command = path.join(import.meta.dirname, '../../../packages/cli/bin/sallyport.js');
  const child = await startServer(process.execPath, [command, 'serve', '--config', configFile], {
    port: Number(new URL(gatewayUrl).port),
    logFile: path.join(directory, 'serve.log'),
  });
  return { pids: { serve: child.pid }, apart: {}, stop: () => child.stop() };
}

/** Starts the gateway and logs in. */
export async function startGateway(setup: Setup, wire: Wire, options: StartOptions = {}): Promise<RunningGateway> {
  const { environment = {}, programs = {}, webHost } = options;
  const directory = mkdtempSync(path.join(setup.directory, 'gateway-'));
  const provider = await createIdentityProvider();
  const settings = await settle(setup, directory, provider.issuer, wire, options);
  provider.register({
    clientId: 'sallyport',
    clientSecret,
    redirectUris: [`${settings.pagesUrl}/.sallyport/callback`],
  });
  mkdirSync(path.join(directory, 'logs'));
  const logs = path.join(directory, 'logs');
  const started = options.small
    ? await startServe(settings, logs)
    : await startServices(setup, settings, { directory: logs, environment, programs });
  await allReady(settings.adminPorts);
  const ca = setup.authority.caPem;
  const token = await logIn({ ...settings, ca }, person);
  const webOrigin = webHost === undefined ? undefined : originOf(webHost, new URL(settings.gatewayUrl).port);
  return {
    ...started,
    settings,
    token,
    base: webHost === undefined ? `${settings.gatewayUrl}/clusters/bench` : settings.gatewayUrl,
    headers:
      webOrigin === undefined
        ? { Authorization: `Bearer ${token}` }
        : { Host: new URL(webOrigin).host, Cookie: await logInBrowser(`${webOrigin}/`, person, ca) },
    async stop() {
      await started.stop();
      await provider.close();
    },
  };
}

export const lacksServer = ({ bed }: Setup) => {
  const lacking = bed.missing.find((one) => one.missing === 'redis' || one.missing === 'kafka');
  return lacking && `${lacking.missing}: ${lacking.why}`;
};

/** The whole road: session in Redis, decision of authorize, impersonation, audit events on Kafka. */
export const sallyport: Contender = {
  name: 'sallyport',
  title: 'Sallyport (proxy + authorize)',
  obstacle: lacksServer,
  start: (setup, wire) => startGateway(setup, wire),
};

/** The same in one process, with everything in its directory. The store of events is part of it, too. */
export const sallyportSmall: Contender = {
  name: 'sallyport-small',
  title: 'Sallyport, one process (sallyport serve)',
  obstacle: () => undefined,
  start: (setup, wire) => startGateway(setup, wire, { small: true }),
};

/** The same without the events of requests. The difference is what the events cost. */
export const sallyportWithoutEvents: Contender = {
  name: 'sallyport-without-events',
  title: 'Sallyport without audit events',
  obstacle: lacksServer,
  start: (setup, wire) =>
    startGateway(setup, wire, {
      programs: { proxy: path.join(import.meta.dirname, '..', 'proxy-without-events-main.js') },
    }),
};

/** One event for each read, with `audit.omitStages`. */
export const sallyportWithOneEvent: Contender = {
  name: 'sallyport-with-one-event',
  title: 'Sallyport without RequestReceived',
  obstacle: lacksServer,
  start: (setup, wire) => startGateway(setup, wire, { omitStages: ['RequestReceived'] }),
};

/** The road to a web application: a browser's session, decision, assertion of the user, audit events. */
export const sallyportWeb: Contender = {
  name: 'sallyport-web',
  title: 'Sallyport, web application',
  obstacle: lacksServer,
  start: (setup, wire) => startGateway(setup, wire, { webHost: webHostOfBench }),
};

/** The same with one event for each read. */
export const sallyportWebWithOneEvent: Contender = {
  name: 'sallyport-web-with-one-event',
  title: 'Sallyport, web application, without RequestReceived',
  obstacle: lacksServer,
  start: (setup, wire) => startGateway(setup, wire, { webHost: webHostOfBench, omitStages: ['RequestReceived'] }),
};

/** Returns a service of a checkout: its bundle, unless only the compiler has run. */
function serviceOf(tree: string, service: ServiceName): string {
  const directory = path.resolve(tree, 'packages', service, 'dist');
  const bundle = path.join(directory, 'bundle', 'main.js');
  return existsSync(bundle) ? bundle : path.join(directory, 'main.js');
}

/** The four services of another checkout, which must be built. It writes their configuration, too. */
export const sallyportOf = (tree: string): Contender => ({
  name: 'sallyport',
  title: `Sallyport of ${tree}`,
  obstacle: lacksServer,
  async start(setup, wire) {
    const standalone = path.resolve(tree, 'packages', 'standalone', 'dist', 'index.js');
    const { writeSettings: write } = (await import(standalone)) as { writeSettings: typeof writeSettings };
    const programs = Object.fromEntries(serviceNames.map((name) => [name, serviceOf(tree, name)]));
    return startGateway(setup, wire, { programs, write });
  },
});

/** The same with the proxy of another checkout, which must be built. The other services are those of this one. */
export const sallyportWebOf = (tree: string): Contender => ({
  name: 'sallyport-web',
  title: `Sallyport, web application, proxy of ${tree}`,
  obstacle: lacksServer,
  start: (setup, wire) =>
    startGateway(setup, wire, {
      webHost: webHostOfBench,
      programs: { proxy: serviceOf(tree, 'proxy') },
    }),
});
