import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createCertificateAuthority } from '@sallyport/bed';
import { serviceNames } from '@sallyport/contracts';
import { createLogger, loadConfig } from '@sallyport/kit';
import {
  demoApiPolicy,
  demoPeople,
  startProcesses,
  writeSettings,
  type Processes,
  type Settings,
} from '@sallyport/standalone';
import { createBusAuditLog, readKafkaAudit, type AuditLog } from './audit-log.ts';
import { Closers } from './closers.ts';
import { claimRedis, createDatabase } from './gateway-stores.ts';
import type { Gateway, GatewayOptions, GatewayProcesses } from './gateway-types.ts';
import { httpRequestOnce } from './http-request.ts';
import { logIn } from './log-in.ts';
import { editConfigs, startMoreProxy, type MoreProxy } from './more-proxies.ts';
import { clientId, clientSecret, openProvider } from './open-provider.ts';
import { createPerson, runCli, type Person } from './person.ts';
import { runDirectory, theBed } from './the-bed.ts';

const defaultPolicy = [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }];

type Stores = {
  sessions: Record<string, unknown>;
  audit: Record<string, unknown>;
  redis?: Gateway['redis'];
  kafka?: Gateway['kafka'];
  postgres?: Gateway['postgres'];
};

async function openStores(options: GatewayOptions, closers: Closers): Promise<Stores> {
  if (options.mode === 'embedded') return { sessions: {}, audit: {} };
  const {
    redis: redisUrl = theBed().redis!.url,
    kafka: brokers = theBed().kafka!.brokers,
    postgres = theBed().postgres!.url,
    topic = `sallyport.e2e.${randomUUID()}`,
    kafkaLogin = {},
  } = options.servers ?? {};
  const redis = await claimRedis(redisUrl);
  closers.add(redis.release);
  const database = await createDatabase(postgres);
  closers.add(database.drop);
  const kafka = { brokers, topic };
  return {
    sessions: { redis: redis.url },
    audit: { kafka: { ...kafka, ...kafkaLogin }, store: { postgres: database.url } },
    redis,
    kafka,
    postgres: database,
  };
}

async function startServices(
  options: GatewayOptions,
  settings: Settings,
  directory: string,
  stores: Stores,
  closers: Closers,
): Promise<{ audit: AuditLog; processes?: GatewayProcesses }> {
  if (options.mode === 'embedded') {
    const audit = createBusAuditLog();
    closers.add(() => audit.close());
    const loggerOf = (service: string) =>
      createLogger({ service, level: process.env['SALLYPORT_LOG_LEVEL'] ?? 'silent' });
    // Most gateways are processes, and loading the services into a test file takes seconds.
    const { startInProcess } = await import('@sallyport/standalone/in-process');
    const services = await startInProcess({
      loaded: loadConfig(settings.configFile, process.env),
      loggerOf,
      onLog: (log) => void log.subscribe('test', audit.take),
    });
    closers.add(() => services.close());
    await services.ready();
    return { audit };
  }
  mkdirSync(path.join(directory, 'logs'));
  // Closed after the services, whose last events it reads.
  const audit = readKafkaAudit(stores.kafka!, options.foreignMessage);
  closers.add(() => audit.close());
  const processes = await startProcesses({
    configFile: settings.configFile,
    directory: path.join(directory, 'logs'),
    adminPorts: settings.adminPorts,
    readyTimeoutMs: 60_000,
    ...(options.only ? { only: options.only } : {}),
    ...(options.environment ? { environment: options.environment } : {}),
  });
  closers.add(() => processes.stopAll());
  closers.add(() => refuseCrashes(processes));
  const restart: GatewayProcesses['restart'] = async (name, signal) => {
    await processes.stop(name, signal);
    await processes.start(name);
  };
  return { audit, processes: { ...processes, restart } };
}

async function startMoreProxies(
  { proxies = 1, ownAuthorize = false, environment }: GatewayOptions,
  { configFile }: Settings,
  directory: string,
  closers: Closers,
): Promise<MoreProxy[]> {
  const more: MoreProxy[] = [];
  for (let number = 2; number <= proxies; number += 1) {
    const proxy = await startMoreProxy({ configFile, directory, number, ownAuthorize, environment });
    closers.add(() => proxy.processes.stopAll());
    closers.add(() => refuseCrashes(proxy.processes));
    more.push(proxy);
  }
  return more;
}

/** Fails if a service has exited unexpectedly, whether or not a test noticed. */
async function refuseCrashes(processes: Processes): Promise<void> {
  for (const name of serviceNames) {
    const pid = processes.pid(name);
    try {
      if (pid !== undefined) process.kill(pid, 0);
    } catch {
      throw new Error(
        `${name} exited unexpectedly. The end of its log:\n${readFileSync(processes.logFile(name), 'utf8').slice(-3000)}`,
      );
    }
  }
}

/** Starts a gateway for `clusters` with an OpenID provider, and with stores that no other gateway of the run uses. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const closers = new Closers();
  const directory = mkdtempSync(path.join(runDirectory(), 'gateway-'));
  closers.add(async () => rmSync(directory, { recursive: true, force: true }));
  try {
    return await composeGateway(options, directory, closers);
  } catch (error) {
    await closers.run().catch(() => undefined);
    throw error;
  }
}

async function composeGateway(options: GatewayOptions, directory: string, closers: Closers): Promise<Gateway> {
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
    authority: await createCertificateAuthority({ name: 'sallyport gateway' }),
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
    ...(options.http2 === undefined ? {} : { http2: options.http2 }),
  });
  provider.register(settings.pagesUrl);
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
    ...(stores.postgres ? { postgres: { url: stores.postgres.url } } : {}),
    clusterUrl: (name = clusters[0]!.name) => `${base.url}/clusters/${name}`,
    login: (user, { password = account(user).password, once } = {}) => logIn(base, { user, password }, { once }),
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
