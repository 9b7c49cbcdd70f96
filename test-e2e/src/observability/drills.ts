import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import type { RunningCommand } from '../harness/index.ts';
import { askExec, configMap, configMaps, pods } from '../resilience/resilience-fixture.ts';
import { openWatches } from '../streams/open-watches.ts';
import { issueForLong } from './acme-proxy.ts';
import { foreignMessage, type ObservabilityRig } from './observability-rig.ts';

/** A fault, the alerts that it causes, what their runbooks say to look at, and what they say to do. */
export type Drill = {
  alerts: readonly string[];
  cause: string;
  /** Whether the gateway of the tests starts with the fault. */
  fromTheStart?: boolean;
  begin(rig: ObservabilityRig): unknown;
  /** A query, or text in a log, that shows the cause while the alert fires. */
  look?(rig: ObservabilityRig): { query?: string; text?: () => string | Promise<string>; shows?: RegExp };
  remedy: string;
  end(rig: ObservabilityRig): unknown;
};

/** Does something again and again until it is stopped. Failures are what drills are about. */
export function repeat(everyMs: number, work: () => Promise<unknown>): () => void {
  let isOver = false;
  const turn = async (): Promise<void> => {
    await work().catch(() => undefined);
    if (!isOver) setTimeout(() => void turn(), everyMs);
  };
  void turn();
  return () => {
    isOver = true;
  };
}

/** Creates a drill whose fault is something that goes on until it is ended. */
const during = (start: (rig: ObservabilityRig) => unknown): Pick<Drill, 'begin' | 'end'> => {
  let stop: unknown;
  return {
    async begin(rig) {
      stop = await start(rig);
    },
    end: () => (stop as () => unknown)(),
  };
};

let connector: RunningCommand | undefined;
/** Starts the connector and waits until it has a connection. */
const startConnector = async (rig: ObservabilityRig) => {
  connector = rig.startConnector();
  await connector.says(/"connected to the gateway"/);
};

/** Starts the connector if no drill has, and sends something through it. */
export async function useConnector(rig: ObservabilityRig): Promise<void> {
  if (!connector) await startConnector(rig);
  await rig.send('remote');
}

/** Adds what makes the configuration another one, and returns what takes it back. */
const reconfigureFirst = ({ gateway }: ObservabilityRig, change: (cluster: Record<string, unknown>) => void) =>
  gateway.reconfigure((config) => change((config['clusters'] as Record<string, unknown>[])[0]!));

const keyFileOf = ({ gateway }: ObservabilityRig) => path.join(gateway.directory, 'keys', 'proxy.pem');

let elevation = '';

/** Those during which the audit service, Kafka and PostgreSQL run. */
export const frontDrills: Drill[] = [
  {
    alerts: ['SallyportConnectorAway'],
    cause: 'a connector in the configuration has never connected',
    fromTheStart: true,
    begin: () => {},
    look: () => ({ query: 'sum by (connector) (sallyport_connector_carriers{connector="factory"}) == 0' }),
    remedy: 'start it',
    end: startConnector,
  },
  {
    alerts: ['SallyportConnectorAway'],
    cause: 'the connector is killed',
    begin: () => connector!.stop('SIGKILL'),
    look: () => ({ query: 'sum by (connector) (sallyport_connector_carriers{connector="factory"}) == 0' }),
    remedy: 'start it',
    end: startConnector,
  },
  {
    alerts: ['SallyportAuthorizeUnreachable', 'SallyportErrorBudgetBurnsFast', 'SallyportErrorBudgetBurnsSlowly'],
    cause: 'authorize is stopped',
    begin: ({ gateway }) => gateway.processes!.stop('authorize'),
    look: () => ({ query: 'rate(sallyport_proxy_refusals_total{problem="authorize-unavailable"}[15s]) > 0' }),
    remedy: 'start it',
    end: ({ gateway }) => gateway.processes!.start('authorize'),
  },
  {
    alerts: ['SallyportErrorBudgetBurnsFast'],
    cause: 'Redis is stopped',
    begin: ({ bed }) => bed.redis!.pause(),
    look: (rig) => ({ text: () => rig.readyz('authorize'), shows: /session store cannot be reached/ }),
    remedy: 'start it',
    end: ({ bed }) => bed.redis!.resume(),
  },
  {
    alerts: ['SallyportSlow'],
    cause: 'an API server takes 1.5 s for each response',
    ...during((rig) => {
      rig.slow.answer((_request, response) => void setTimeout(() => response.end('{}'), 1500));
      const stops = Array.from({ length: 8 }, () => repeat(10, () => rig.send('slow')));
      return () => {
        for (const stop of stops) stop();
        rig.slow.answer(undefined);
      };
    }),
    look: () => ({ query: 'sum(sallyport_proxy_open_requests) > 3' }),
    remedy: 'let it answer at once',
  },
  {
    alerts: ['SallyportConfigRejected'],
    cause: 'the file has a policy with a fault',
    ...during((rig) => reconfigureFirst(rig, (cluster) => Object.assign(cluster, { policy: [{ alow: {} }] }))),
    look: (rig) => ({ text: () => rig.log('proxy'), shows: /alow/ }),
    remedy: 'correct the file',
  },
  {
    alerts: ['SallyportKeysRejected'],
    cause: 'the private key of the gateway is replaced by another one',
    ...during((rig) => {
      const before = readFileSync(keyFileOf(rig));
      const { privateKey } = generateKeyPairSync('ed25519');
      writeFileSync(keyFileOf(rig), privateKey.export({ format: 'pem', type: 'pkcs8' }));
      return () => writeFileSync(keyFileOf(rig), before);
    }),
    look: (rig) => ({ text: () => rig.log('proxy'), shows: /service keys/ }),
    remedy: 'correct the file',
  },
  {
    alerts: ['SallyportCertificateExpires'],
    cause: 'the ACME server has issued a certificate for one minute, and is away when it must be renewed',
    fromTheStart: true,
    begin: ({ bed }) => bed.pebble!.pause(),
    look: (rig) => ({ text: () => rig.acme.log(), shows: /no certificate from the ACME server/ }),
    remedy: 'start it',
    async end({ bed }) {
      issueForLong(bed);
      await bed.pebble!.resume();
    },
  },
  {
    alerts: ['SallyportReviewsOverdue'],
    cause: 'a break-glass elevation is left without a review',
    async begin(rig) {
      const request = { name: 'break-glass', cluster: 'dev', durationMs: 1000, reason: 'the shop is down' };
      const answer = await rig.call('alice', '/.sallyport/api/v1/elevations', request);
      elevation = (answer.json() as { elevation: { id: string } }).elevation.id;
    },
    look: (rig) => ({
      text: async () => (await rig.call('carol', '/.sallyport/api/v1/elevations?toReview=true')).text,
      shows: /break-glass/,
    }),
    remedy: 'review it',
    end: (rig) => rig.call('carol', `/.sallyport/api/v1/elevations/${elevation}/review`, { comment: 'seen' }),
  },
  {
    alerts: ['SallyportRefreshFails'],
    cause: 'the identity provider is stopped',
    begin: ({ gateway }) => gateway.provider.stop(),
    look: (rig) => ({ text: () => rig.log('authenticate'), shows: /ECONNREFUSED|provider/ }),
    remedy: 'start it',
    async end({ gateway, login }) {
      await gateway.provider.start();
      await login();
    },
  },
  {
    alerts: ['SallyportRecordingsFail'],
    cause: 'the disk for recordings is full',
    ...during(async (rig) => {
      rig.disks.recordings.fill();
      const token = await rig.login();
      const stop = repeat(500, () => askExec(rig.gateway, token));
      return () => {
        stop();
        rig.disks.recordings.empty();
      };
    }),
    look: (rig) => ({ text: () => rig.log('proxy'), shows: /a session cannot be recorded/ }),
    remedy: 'make room',
  },
  {
    alerts: ['SallyportStreamsAtLimit'],
    cause: 'alice has as many watches open as she may, and opens more',
    ...during(async (rig) => {
      const token = await rig.login();
      const url = `${rig.gateway.url}/clusters/dev/api/v1/namespaces?watch=true`;
      const watches = await openWatches(url, { ca: rig.gateway.caPem, token, count: 3 });
      const stop = repeat(500, () => rig.send('dev', `${pods}?watch=true&timeoutSeconds=1`));
      return () => {
        stop();
        watches.close();
      };
    }),
    look: () => ({ query: 'sallyport_proxy_streams_refused_total{limit="user"} > 0' }),
    remedy: 'close some',
  },
];

/** Sends reads until the spool is more than half full. */
async function fillSpool(rig: ObservabilityRig): Promise<void> {
  for (let sent = 0; sent < 5000; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.send()));
    if (answers.every(({ status }) => status === 503)) return;
  }
}

/** Those of the trail itself. */
export const trailDrills: Drill[] = [
  {
    alerts: ['SallyportTargetDown'],
    cause: 'audit is stopped',
    begin: ({ gateway }) => gateway.processes!.stop('audit'),
    look: () => ({ query: 'up == 0' }),
    remedy: 'start it',
    end: ({ gateway }) => gateway.processes!.start('audit'),
  },
  {
    alerts: ['SallyportAuditDelayed', 'SallyportSpoolFilling'],
    cause: 'Kafka is stopped, and requests go on',
    ...during(async (rig) => {
      await rig.bed.kafka!.pause();
      await fillSpool(rig);
      return () => rig.bed.kafka!.resume();
    }),
    look: () => ({ query: 'increase(sallyport_audit_send_failures_total[15s]) > 0' }),
    remedy: 'start it',
  },
  {
    alerts: ['SallyportConfigWaiting'],
    cause: 'the policy is changed while the disk of the spool of authorize is full',
    ...during(async (rig) => {
      rig.disks.decisions.fill();
      const changed = (count: number) =>
        reconfigureFirst(rig, (cluster) =>
          Object.assign(cluster, {
            policy: [{ allow: { or: [{ groups: 'developers' }, { groups: `crew-${count}` }] } }],
          }),
        );
      const restore = changed(0);
      // The last block of a file may have room for the events of a change or two.
      for (let count = 1; count <= 3; count += 1) {
        await pause(3000);
        changed(count);
      }
      return () => {
        rig.disks.decisions.empty();
        restore();
      };
    }),
    look: () => ({ query: 'sallyport_config_waiting == 1' }),
    remedy: 'make room',
  },
  {
    alerts: ['SallyportSpoolDiskFails'],
    cause: 'the disk of the spool is full',
    ...during((rig) => {
      rig.disks.spool.fill();
      const stop = repeat(100, () =>
        rig.send('dev', configMaps, { method: 'POST', body: JSON.stringify(configMap()) }),
      );
      return () => {
        stop();
        rig.disks.spool.empty();
      };
    }),
    look: (rig) => ({ text: () => rig.log('proxy'), shows: /the disk is full/ }),
    remedy: 'make room',
  },
  {
    alerts: ['SallyportAuditStoreBehind'],
    cause: 'PostgreSQL is stopped',
    begin: ({ bed }) => bed.postgres!.pause(),
    look: (rig) => ({ text: () => rig.readyz('audit'), shows: /ECONNREFUSED|postgres|store/i }),
    remedy: 'start it',
    end: ({ bed }) => bed.postgres!.resume(),
  },
  {
    alerts: ['SallyportCheckpointsFail'],
    cause: 'the second place of checkpoints answers 503',
    begin({ anchor }) {
      anchor.refuses = true;
    },
    look: (rig) => ({ text: () => rig.log('audit'), shows: /cannot keep checkpoints in their second place/ }),
    remedy: 'let it take them',
    end({ anchor }) {
      anchor.refuses = false;
    },
  },
  {
    alerts: ['SallyportEventsRefusedByStore'],
    cause: 'something that is not an event is on the topic',
    begin: ({ gateway }) => writeToTopic(gateway.kafka!, foreignMessage),
    look: (rig) => ({ text: () => rig.log('audit'), shows: /not an audit event|skipped/ }),
    remedy: 'restart audit',
    end: ({ gateway }) => gateway.processes!.restart('audit'),
  },
  {
    alerts: ['SallyportEventsLost'],
    cause: 'the disk has damaged events that wait in the spool',
    async begin({ bed, gateway, disks, send }) {
      await bed.kafka!.pause();
      for (let sent = 0; sent < 20; sent += 1) await send();
      await gateway.processes!.stop('proxy', 'SIGKILL');
      damageSpool(disks.spool.mountPoint);
      await gateway.processes!.start('proxy');
      await bed.kafka!.resume();
    },
    look: (rig) => ({ text: () => rig.log('proxy'), shows: /entries of the spool are lost/ }),
    remedy: 'restart the gateway',
    end: ({ gateway }) => gateway.processes!.restart('proxy'),
  },
];

/** Changes a byte near the end of the newest file of the spool, among the events that wait. */
function damageSpool(directory: string): void {
  const newest = readdirSync(directory)
    .filter((name) => name.endsWith('.segment'))
    .toSorted()
    .at(-1)!;
  const file = path.join(directory, newest);
  const bytes = readFileSync(file);
  bytes[Math.max(Math.floor(bytes.length / 2), bytes.length - 8192)]! ^= 0xff;
  writeFileSync(file, bytes);
}

/** ConfigResource.Type.TOPIC of Kafka. */
const topicResource = 2;

/** Lets the topic take events of tomorrow. Kafka refuses what is more than an hour ahead of its clock. */
async function acceptTomorrow({ brokers, topic }: { brokers: string[]; topic: string }): Promise<void> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [{ name: 'message.timestamp.after.max.ms', value: String(48 * 3_600_000) }];
  const resources = [{ type: topicResource, name: topic, configEntries }];
  await admin.alterConfigs({ validateOnly: false, resources });
  await admin.disconnect();
}

async function writeToTopic({ brokers, topic }: { brokers: string[]; topic: string }, value: string): Promise<void> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value }] });
  await producer.disconnect();
}

/** The one that takes longest, so that others are done meanwhile. */
export const checkpointDrill: Drill = {
  alerts: ['SallyportCheckpointsStop'],
  cause: 'a session holds a lock on the table of checkpoints for more than five minutes',
  ...during(async ({ gateway }) => {
    const client = new Client({ connectionString: gateway.postgres!.url });
    client.on('error', () => {});
    await client.connect();
    await client.query('begin; lock table audit_checkpoints in exclusive mode');
    return () => client.end();
  }),
  look: () => ({ query: 'sallyport_audit_checkpoint_overdue_seconds > 300' }),
  remedy: 'end that session',
};

/** The last one: a day passes for authorize, which then knows none of the sessions of before. */
export const notificationDrill: Drill = {
  alerts: ['SallyportNotificationsGivenUp'],
  cause: 'a chat has not taken a message for a day (by the clock of authorize, which is set)',
  async begin({ chat, call, clocks, gateway }) {
    await acceptTomorrow(gateway.kafka!);
    chat.refuses = true;
    const request = { name: 'break-glass', cluster: 'dev', durationMs: 1000, reason: 'the shop is down again' };
    await call('alice', '/.sallyport/api/v1/elevations', request);
    await clocks.set(gateway.processes!.pid('authorize')!, 25 * 3_600_000);
  },
  look: () => ({ query: 'sallyport_notifications_total{outcome="given-up"} > 0' }),
  remedy: 'correct the channel',
  async end({ chat, clocks, gateway }) {
    chat.refuses = false;
    await clocks.set(gateway.processes!.pid('authorize')!, 0);
  },
};
