import { demoPeople, type Person } from '@sallyport/standalone';
import {
  eventually,
  runDirectory,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type RecordingUpstream,
} from '../harness/index.ts';
import { startCiIssuer, type CiIssuer } from '../machines/ci-issuer.ts';
import { startNaiveWeb, type NaiveWeb } from './naive-web.ts';
import { createRouteBrowser, type RouteBrowser } from './route-browser.ts';

/** The hosts of the applications. `app` and `tool` lead to the same one. `other` is for another group. */
export const webHosts = { app: 'app.example.test', tool: 'tool.example.test', other: 'other.example.test' };
export type WebHost = keyof typeof webHosts;

export const routeCookieName = '__Host-sallyport-route';
export const beginCookieName = '__Host-sallyport-begin';

/** Low enough for an attack to reach. */
export const webLimits = { perUser: 40, perCluster: 60, inFlightPerUser: 50 };
/** The gateway's own credential at its cluster. It must not appear anywhere else. */
export const plantedOfCluster = 'planted-credential-of-the-web-cluster';

const developers = [{ allow: { or: [{ groups: 'developers' }] } }];
/** Whatever a path says, it must not reach /admin under any policy that denies it. */
const withoutAdmin = [...developers, { deny: { or: [{ http_path: { starts_with: '/admin' } }] } }];

const people: readonly Person[] = [
  ...demoPeople,
  // Without a name, and with a group that a list in a header would split.
  { user: 'eve@example.com', password: 'eve', groups: ['developers', 'a,sre'] },
];

/**
 * The target of the attacks on web applications: a gateway as four processes with Redis and Kafka, and recording
 * applications behind three routes.
 */
export type WebFixture = {
  gateway: Gateway;
  app: RecordingUpstream;
  other: RecordingUpstream;
  cluster: RecordingUpstream;
  naive: NaiveWeb;
  ci: CiIssuer;
  /** Bearer tokens of programs: a person's, an agent's, a service account's, a CI job's. */
  tokens: Record<'alice' | 'bob' | 'agent' | 'machine' | 'workload', string>;
  /** The cookies of browsers at the hosts, and what their login at the gateway itself is. */
  cookies: Record<'alice' | 'eve' | 'tool' | 'bob' | 'login', string>;
  /** The browsers of people who are logged in. */
  browsers: Record<'alice' | 'eve', RouteBrowser>;
  /** Every response that an attacker has received. */
  answers: string[];
};

let open: WebFixture | undefined;

/** Returns the fixture. It exists while tests run, not while they are collected. */
export function webFixture(): WebFixture {
  if (!open) throw new Error('the fixture of the web attacks has not been started');
  return open;
}

/** Returns the origin of an application as browsers see it. */
export const originOf = (host: WebHost, gateway: Pick<Gateway, 'url'> = webFixture().gateway) =>
  `https://${webHosts[host]}:${new URL(gateway.url).port}`;

function routesOf(gateway: Gateway, app: RecordingUpstream, other: RecordingUpstream): object[] {
  const headers = {
    user: 'X-Webauth-User',
    email: 'X-Webauth-Email',
    name: 'X-Webauth-Name',
    groups: 'X-Webauth-Groups',
  };
  const to = { to: app.url, toCaFile: app.caFile, timeouts: { firstByte: '3s' } };
  return [
    { ...to, from: originOf('app', gateway), policy: withoutAdmin, identity: { jwt: true, headers } },
    {
      ...to,
      from: originOf('tool', gateway),
      policy: withoutAdmin,
      allowEncodedSlashes: true,
      identity: { kubernetes: { clusters: ['dev'] } },
    },
    {
      from: originOf('other', gateway),
      to: other.url,
      toCaFile: other.caFile,
      policy: [{ allow: { or: [{ groups: 'sre' }] } }],
    },
  ];
}

async function makeMachines(gateway: Gateway, token: string): Promise<{ agent: string; machine: string }> {
  const make = async (what: string, body: object) => {
    const answer = await gateway.request(`/.sallyport/api/v1/${what}`, {
      token,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ lifetimeMs: 3_600_000, ...body }),
    });
    const made = answer.json()['token'];
    if (typeof made !== 'string') throw new Error(`${what}: ${answer.status} ${answer.text}`);
    return made;
  };
  return {
    agent: await make('agents', { name: 'reader', scope: { clusters: ['dev'], verbs: ['get'] } }),
    machine: await make('service-accounts', { name: 'nightly', groups: ['developers'] }),
  };
}

/** Logs a person in at an application with a browser of their own. */
export async function logInAt(
  gateway: Gateway,
  host: WebHost,
  name: string,
): Promise<{ browser: RouteBrowser; cookie: string }> {
  const browser = createRouteBrowser(gateway);
  await browser.logIn(`${originOf(host, gateway)}/`, { user: `${name}@example.com`, password: name });
  return { browser, cookie: browser.jar(webHosts[host]).get(routeCookieName)! };
}

export async function startWebFixture(): Promise<void> {
  const [app, other, cluster, ci, naive] = await Promise.all([
    startRecordingUpstream(),
    startRecordingUpstream(),
    startRecordingUpstream(),
    startCiIssuer(runDirectory()),
    startNaiveWeb(),
  ]);
  const gateway = await startGateway({
    mode: 'processes',
    people,
    clusters: [{ ...cluster.access, name: 'dev', token: plantedOfCluster, policy: developers }],
    apiPolicy: {
      machines: [{ allow: { or: [{ groups: 'developers' }] } }],
      audit: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
    },
    more: {
      timeouts: { connect: '5s', firstByte: '5s' },
      streams: { drain: '0s', ...webLimits },
      workloads: [
        {
          name: 'ci',
          issuer: ci.issuer,
          caFile: ci.caFile,
          audience: 'sallyport',
          match: { repository: 'example/shop' },
          user: 'ci:{{repository}}',
          groups: ['developers'],
        },
      ],
    },
  });
  gateway.reconfigure((config) => {
    config['routes'] = routesOf(gateway, app, other);
  });
  await eventually('the routes to be in force', async () => {
    const { headers } = await gateway.request('/', {
      serverName: 'localhost',
      headers: { host: new URL(originOf('other', gateway)).host, accept: 'text/html' },
    });
    return String(headers['location']).includes('/.sallyport/route/');
  });
  const token = async (name: string) => (await gateway.login(`${name}@example.com`)).token;
  const alice = await logInAt(gateway, 'app', 'alice');
  await alice.browser.go(`${originOf('tool', gateway)}/`);
  const eve = await logInAt(gateway, 'app', 'eve');
  const ofPeople = { alice: await token('alice'), bob: await token('bob') };
  open = {
    gateway,
    app,
    other,
    cluster,
    naive,
    ci,
    tokens: { ...ofPeople, ...(await makeMachines(gateway, ofPeople.alice)), workload: ci.token() },
    cookies: {
      alice: alice.cookie,
      tool: alice.browser.jar(webHosts.tool).get(routeCookieName)!,
      login: alice.browser.jar('127.0.0.1').get('sallyport-demo')!,
      eve: eve.cookie,
      bob: (await logInAt(gateway, 'other', 'bob')).cookie,
    },
    browsers: { alice: alice.browser, eve: eve.browser },
    answers: [],
  };
  resetWebFixture();
  app.requests.length = 0;
}

/** Makes the applications read a request completely before they answer. */
export function resetWebFixture(): void {
  for (const upstream of open ? [open.app, open.other, open.cluster] : []) {
    upstream.answer(undefined);
    upstream.answerUpgrade(undefined);
  }
  open?.naive.clear();
}

export async function stopWebFixture(): Promise<void> {
  await open?.gateway.stop();
  await Promise.all([open?.app.stop(), open?.other.stop(), open?.cluster.stop(), open?.naive.stop()]);
  open?.ci.stop();
  open = undefined;
}
