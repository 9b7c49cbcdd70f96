import { startBed, type Bed } from '@sallyport/bed';
import {
  httpRequestOnce,
  rawExchange,
  startGateway,
  type Gateway,
  type GatewayOptions,
  type HttpAnswer,
} from '../harness/index.ts';

/** A gateway whose servers can be stopped without affecting other tests. */
export type ResilienceRig = {
  bed: Bed & {
    redis: NonNullable<Bed['redis']>;
    kafka: NonNullable<Bed['kafka']>;
    cluster: NonNullable<Bed['cluster']>;
  };
  gateway: Gateway;
  stop(): Promise<void>;
};

export const needs = ['redis', 'kafka', 'postgres', 'cluster', 'kubectl'] as const;

/** Starts a bed without a node, and four processes with it. */
export async function startRig(options: Partial<GatewayOptions> = {}): Promise<ResilienceRig> {
  const bed = (await startBed({ need: needs })) as ResilienceRig['bed'];
  try {
    const account = await bed.cluster.createGatewayServiceAccount({ groups: ['developers', 'sre'] });
    await bed.cluster.admin.kubectl([
      'create',
      'clusterrolebinding',
      'developers',
      '--clusterrole=cluster-admin',
      '--group=developers',
    ]);
    const gateway = await startGateway({
      mode: 'processes',
      servers: { redis: bed.redis.url, kafka: bed.kafka.brokers, postgres: bed.postgres!.url },
      clusters: [
        {
          server: bed.cluster.server,
          caFile: bed.cluster.caFile,
          tokenFile: account.tokenFile,
          impersonate: { groups: ['developers', 'sre'] },
        },
      ],
      ...options,
    });
    return {
      bed,
      gateway,
      async stop() {
        await gateway.stop();
        await bed.stop();
      },
    };
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

/** The result of a request, and its duration. */
export type Timed = { status: number; reason: string; cause: string; ms: number };

/** Sends a request with a token, and measures the time until its response has ended. */
export async function timed(
  gateway: Gateway,
  token: string,
  path: string,
  options: { method?: string; body?: object } = {},
): Promise<Timed> {
  const begun = performance.now();
  const answer = await gateway.request(`/clusters/dev${path}`, {
    token,
    method: options.method ?? 'GET',
    ...(options.body ? { body: JSON.stringify(options.body), headers: { 'content-type': 'application/json' } } : {}),
  });
  const ms = Math.round(performance.now() - begun);
  const status = answer.json() as { reason?: string; details?: { causes?: { reason: string }[] } };
  return { status: answer.status, reason: status.reason ?? '', cause: status.details?.causes?.[0]?.reason ?? '', ms };
}

export const pods = '/api/v1/namespaces/default/pods';
export const configMaps = '/api/v1/namespaces/default/configmaps';

/** Returns a new object with a unique name. */
export function configMap(): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'c-' } };
}

/** Starts a login like a program that does not accept pages. */
export function beginLogin(gateway: Gateway): Promise<HttpAnswer> {
  return httpRequestOnce(`${gateway.pagesUrl}/.sallyport/login?return_to=/.sallyport/me`, {
    headers: { accept: 'application/problem+json' },
  });
}

/** Requests exec in a pod over WebSocket. Returns the head and body of the response. */
export async function askExec(gateway: Gateway, token: string): Promise<{ text: string; ms: number }> {
  const begun = performance.now();
  const lines = [
    'Host: 127.0.0.1',
    `Authorization: Bearer ${token}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  ];
  const { text } = await rawExchange(
    gateway.url,
    gateway.caPem,
    `GET /clusters/dev${pods}/nobody/exec?command=id&stdout=true HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`,
    { quietMs: 60_000, done: /\r\n\r\n[^]*"code":\d{3}\}/ },
  );
  return { text, ms: Math.round(performance.now() - begun) };
}
