import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createCertificateAuthority } from '@sallyport/bed';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { createLogger, loadConfig } from '@sallyport/kit';
import {
  createIdentityProvider,
  demoApiPolicy,
  demoPeople,
  startInProcess,
  startProcesses,
  writeSettings,
  type IdentityProvider,
  type IdentityProviderClient,
  type Person as Account,
  type Processes,
  type Settings,
} from '@sallyport/standalone';
import type { Redis } from 'ioredis';
import { createAuditLog, readKafkaAudit, type AuditLog } from './audit-log.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { claimRedis, createDatabase } from './gate-stores.ts';
import { httpRequestOnce, type HttpAnswer, type HttpRequest } from './http-request.ts';
import { logIn, type Login } from './log-in.ts';
import { editConfigs, startMoreProxy, type MoreProxy } from './more-proxies.ts';
import { createPerson, runCli, type Person } from './person.ts';
import { runDirectory, theBed } from './the-bed.ts';

export type GateOptions = {
  mode: 'processes' | 'embedded';
  /** Entries of `clusters`; `name` is "dev" and `policy` lets developers and sre in unless they say otherwise. */
  clusters: Record<string, unknown>[];
  policy?: unknown;
  apiPolicy?: Record<string, unknown>;
  /** Merged into `sessions`: lifetime, idle. */
  sessions?: Record<string, unknown>;
  /** Merged into `audit`. */
  audit?: Record<string, unknown>;
  /** The gateway asks its clients for certificates of this authority. */
  clientCaFile?: string;
  /** Anything else of sallyport.yaml by its top-level names. */
  more?: Record<string, unknown>;
  people?: readonly Account[];
  /** Servers in place of the run's. */
  servers?: { redis?: string; kafka?: string[]; postgres?: string };
  /** The services to start at once (processes only); all unless said otherwise. */
  only?: readonly ServiceName[];
  /** How many replicas of the gateway there are (processes only); one unless said otherwise. */
  proxies?: number;
  /** Merged into the one entry of `identity.providers`. */
  provider?: Record<string, unknown>;
  /** Entries of `identity.directory.sources`. */
  sources?: Record<string, unknown>[];
  /** False: the OpenID provider is away when the services start. */
  providerUp?: boolean;
};

export type GateProcesses = Processes & { restart(name: ServiceName, signal?: NodeJS.Signals): Promise<void> };

/** A running gateway and what belongs to it. */
export type Gate = {
  mode: GateOptions['mode'];
  url: string;
  pagesUrl: string;
  caFile: string;
  caPem: string;
  configFile: string;
  directory: string;
  adminPorts: Record<string, number>;
  /** The address of a cluster, the first one unless named. */
  clusterUrl(name?: string): string;
  /** The OpenID provider in front of the people; `start` brings it back on the same address with new keys. */
  provider: {
    issuer(): string;
    start(): Promise<void>;
    stop(): Promise<void>;
    /** Changes what it knows of a person from now on, or forgets them. */
    change(user: string, changes: Parameters<IdentityProvider['change']>[1]): void;
    /** Every refresh token, id_token and access token that it gave out. */
    issued: readonly string[];
  };
  /** Present with mode "processes". */
  processes?: GateProcesses;
  /** The replicas of the gateway besides the first one. */
  moreProxies: readonly MoreProxy[];
  /** Changes the configuration of every service; returns how to put back what it was. */
  reconfigure(change: (config: Record<string, unknown>) => void): () => void;
  redis?: { url: string; client: Redis };
  kafka?: { brokers: string[]; topic: string };
  audit: AuditLog;
  events: AuditLog['all'];
  /** Logs in through the HTML form with plain HTTP; each call is a new session. */
  login(user: string, password?: string): Promise<Login>;
  /** One request to the gateway (`path` from the root); `token` becomes the bearer credential. */
  request(path: string, options?: HttpRequest & { token?: string }): Promise<HttpAnswer>;
  /** Somebody with a home, logged in by the CLI the first time they are asked for. */
  person(user: string): Promise<Person>;
  /** The same without logging in, in a home of their own. */
  stranger(user: string): Promise<Person>;
  cli(args: readonly string[], options: CommandOptions & { home: string }): Promise<CommandResult>;
  kubectl(args: readonly string[], options: CommandOptions & { user: string }): Promise<CommandResult>;
  stop(): Promise<void>;
};

const defaultPolicy = [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }];

class Closers {
  readonly #ends: (() => Promise<unknown>)[] = [];
  add(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).toReversed()) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `a gate did not stop as it should: ${failures.map((one) => (one as Error).message).join('; ')}`,
      );
  }
}

type Stores = {
  sessions: Record<string, unknown>;
  audit: Record<string, unknown>;
  redis?: Gate['redis'];
  kafka?: Gate['kafka'];
};

async function openStores(options: GateOptions, closers: Closers): Promise<Stores> {
  if (options.mode === 'embedded')
    return { sessions: { memory: true }, audit: { kafka: { memory: true }, store: { embedded: './audit' } } };
  const {
    redis: redisUrl = theBed().redis!.url,
    kafka: brokers = theBed().kafka!.brokers,
    postgres = theBed().postgres!.url,
  } = options.servers ?? {};
  const redis = await claimRedis(redisUrl);
  closers.add(redis.release);
  const database = await createDatabase(postgres);
  closers.add(database.drop);
  const kafka = { brokers, topic: `sallyport.e2e.${randomUUID()}` };
  return { sessions: { redis: redis.url }, audit: { kafka, store: { postgres: database.url } }, redis, kafka };
}

const clientId = 'sallyport';
const clientSecret = 'secret-of-the-tests';

/** An OpenID provider that can be taken away and brought back. */
async function openProvider(people: readonly Account[], closers: Closers) {
  const issued: string[] = [];
  const onTokens = (answer: Record<string, unknown>) => {
    for (const name of ['refresh_token', 'id_token', 'access_token'])
      if (typeof answer[name] === 'string') issued.push(answer[name]);
  };
  let running = await createIdentityProvider({ people, onTokens });
  const { issuer, port } = running;
  let client: IdentityProviderClient = { clientId, clientSecret, redirectUris: [] };
  let up = true;
  const stop = async () => {
    if (up) await running.close();
    up = false;
  };
  closers.add(stop);
  const admit = (pagesUrl: string) => {
    client = {
      clientId,
      clientSecret,
      redirectUris: [`${pagesUrl}/.sallyport/callback`],
      postLogoutRedirectUris: [`${pagesUrl}/.sallyport/signed-out`],
      backchannelLogoutUri: `${pagesUrl}/.sallyport/backchannel-logout/corp`,
    };
    running.register(client);
  };
  const start = async () => {
    running = await createIdentityProvider({ people, port, clients: [client], onTokens });
    up = true;
  };
  return {
    issuer: () => issuer,
    stop,
    start,
    admit,
    issued,
    change: (user: string, changes: Parameters<IdentityProvider['change']>[1]) => running.change(user, changes),
  };
}

async function startServices(
  options: GateOptions,
  settings: Settings,
  directory: string,
  stores: Stores,
  closers: Closers,
): Promise<{ audit: AuditLog; processes?: GateProcesses }> {
  if (options.mode === 'embedded') {
    const audit = createAuditLog(async () => {});
    const loggerOf = (service: string) =>
      createLogger({ service, level: process.env['SALLYPORT_LOG_LEVEL'] ?? 'silent' });
    const services = await startInProcess({
      loaded: loadConfig(settings.configFile, process.env),
      loggerOf,
      onBus: (bus) => void bus.subscribe(audit.take),
    });
    closers.add(() => services.close());
    await services.ready();
    return { audit };
  }
  mkdirSync(path.join(directory, 'logs'));
  const processes = await startProcesses({
    configFile: settings.configFile,
    directory: path.join(directory, 'logs'),
    adminPorts: settings.adminPorts,
    ...(options.only ? { only: options.only } : {}),
  });
  closers.add(() => processes.stopAll());
  closers.add(() => refuseCrashes(processes));
  const audit = readKafkaAudit(stores.kafka!);
  closers.add(() => audit.close());
  const restart: GateProcesses['restart'] = async (name, signal) => {
    await processes.stop(name, signal);
    await processes.start(name);
  };
  return { audit, processes: { ...processes, restart } };
}

async function startMoreProxies(
  { proxies = 1 }: GateOptions,
  { configFile }: Settings,
  directory: string,
  closers: Closers,
): Promise<MoreProxy[]> {
  const more: MoreProxy[] = [];
  for (let number = 2; number <= proxies; number += 1) {
    const proxy = await startMoreProxy({ configFile, directory, number });
    closers.add(() => proxy.processes.stopAll());
    closers.add(() => refuseCrashes(proxy.processes));
    more.push(proxy);
  }
  return more;
}

/** A service that ended by itself is a failure, whatever the tests saw of it. */
async function refuseCrashes(processes: Processes): Promise<void> {
  for (const name of serviceNames) {
    const pid = processes.pid(name);
    try {
      if (pid !== undefined) process.kill(pid, 0);
    } catch {
      throw new Error(
        `${name} ended by itself; its log ends so:\n${readFileSync(processes.logFile(name), 'utf8').slice(-3000)}`,
      );
    }
  }
}

/** Starts a gateway in front of `clusters` with an OpenID provider, and stores that no other gate of the run uses. */
export async function startGate(options: GateOptions): Promise<Gate> {
  const closers = new Closers();
  const directory = mkdtempSync(path.join(runDirectory(), 'gate-'));
  closers.add(async () => rmSync(directory, { recursive: true, force: true }));
  try {
    return await composeGate(options, directory, closers);
  } catch (error) {
    await closers.run().catch(() => undefined);
    throw error;
  }
}

async function composeGate(options: GateOptions, directory: string, closers: Closers): Promise<Gate> {
  const people = options.people ?? demoPeople;
  const provider = await openProvider(people, closers);
  const stores = await openStores(options, closers);
  const clusters = options.clusters.map((cluster) => ({
    name: 'dev',
    policy: options.policy ?? defaultPolicy,
    ...cluster,
  }));
  const settings = await writeSettings({
    directory,
    authority: await createCertificateAuthority({ name: 'sallyport gate' }),
    sessions: { ...stores.sessions, ...options.sessions },
    audit: { ...stores.audit, ...options.audit },
    providers: [
      {
        id: 'corp',
        issuer: provider.issuer(),
        clientId,
        clientSecret,
        allowInsecureIssuer: true,
        scopes: ['openid', 'profile', 'email', 'groups'],
        ...options.provider,
      },
    ],
    ...(options.sources ? { sources: options.sources } : {}),
    clusters,
    apiPolicy: options.apiPolicy ?? demoApiPolicy,
    ...(options.more ? { more: options.more } : {}),
    ...(options.clientCaFile === undefined ? {} : { clientCaFile: options.clientCaFile }),
  });
  provider.admit(settings.pagesUrl);
  if (options.providerUp === false) await provider.stop();
  const { audit, processes } = await startServices(options, settings, directory, stores, closers);
  const moreProxies = await startMoreProxies(options, settings, directory, closers);
  const caPem = readFileSync(settings.caFile, 'utf8');
  const base = { url: settings.gatewayUrl, pagesUrl: settings.pagesUrl, caFile: settings.caFile, caPem, directory };
  const kubectl = theBed().kubectl ?? 'kubectl';
  const configFiles = [settings.configFile, ...moreProxies.map(({ configFile }) => configFile)];
  const account = (user: string) => {
    const found = people.find((one) => one.user === user);
    return { user, password: found?.password ?? user.split('@')[0]!, cluster: clusters[0]!.name };
  };
  const persons = new Map<string, Promise<Person>>();
  const logInPerson = async (user: string) => {
    const person = await createPerson({ ...base, kubectl }, account(user));
    await person.login();
    return person;
  };
  const person = (user: string) => {
    const made = persons.get(user) ?? logInPerson(user);
    persons.set(user, made);
    return made;
  };
  return {
    ...base,
    mode: options.mode,
    configFile: settings.configFile,
    adminPorts: settings.adminPorts,
    provider,
    audit,
    events: audit.all,
    person,
    moreProxies,
    reconfigure: (change) => editConfigs(configFiles, change),
    ...(processes ? { processes } : {}),
    ...(stores.redis ? { redis: stores.redis } : {}),
    ...(stores.kafka ? { kafka: stores.kafka } : {}),
    clusterUrl: (name = clusters[0]!.name) => `${base.url}/clusters/${name}`,
    login: (user, password = account(user).password) => logIn(base, { user, password }),
    request: (where, { token, ...request } = {}) =>
      httpRequestOnce(`${base.url}${where}`, {
        ca: caPem,
        ...request,
        headers: { ...request.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      }),
    stranger: (user) =>
      createPerson({ ...base, kubectl }, { ...account(user), home: path.join(directory, 'homes', randomUUID()) }),
    cli: runCli,
    kubectl: async (args, { user, ...rest }) => (await person(user)).tryKubectl(args, rest),
    stop: () => closers.run(),
  };
}
