import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { configSchema, type CheckAnswer } from '@sallyport/contracts';
import type { Tracer } from '@sallyport/kit';
import { createRouteIdentities } from '../web-identity/route-identity.ts';
import { createWebRoute } from '../web/create-web-route.ts';
import { createWebRoutes } from '../exchange/web-route.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';
import { allow, createRig, type Rig } from './gateway-rig.ts';
import { noConnectors } from './no-connectors.ts';

export const appHost = 'app.example.com';

/** Returns an answer that allows the session of a route, or that of a program. */
export function allowWeb(
  kind: 'route' | 'cli' | 'browser' | 'workload' = 'route',
  more: Partial<CheckAnswer> = {},
): CheckAnswer {
  const { impersonation: _none, ...answer } = allow();
  return { ...answer, session: { ...answer.session!, kind }, ...more };
}

export type WebRig = Rig & { app: Server; asked: IncomingMessage[] };

type WebRigOptions = {
  route?: object;
  streams?: object;
  /** The certificate of the application, and the name by which the gateway reaches it. Without it, plain HTTP. */
  tls?: { cert: string; key: string; name: string };
  workloads?: WorkloadSessions;
  tracer?: Tracer;
};

/** Creates a gateway in front of one application, which is real and answers by `handler`. */
export async function createWebRig(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { route = {}, streams = {}, tls, workloads, tracer }: WebRigOptions = {},
): Promise<WebRig> {
  const asked: IncomingMessage[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(request);
    handler(request, response);
  };
  const app = tls ? createHttpsServer(tls, answer) : createServer(answer);
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const { port } = app.address() as AddressInfo;
  const to = tls ? `https://${tls.name}:${port}` : `http://127.0.0.1:${port}`;
  const config = configSchema.parse({
    gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
    login: { url: 'http://127.0.0.1:8080', listen: '127.0.0.1:8080' },
    routes: [
      {
        from: `https://${appHost}`,
        to,
        timeouts: { firstByte: '30s', connect: '30s' },
        identity: { headers: { user: 'X-User', groups: 'X-Groups' } },
        ...route,
      },
    ],
  });
  const one = await createWebRoute(config.routes[0]!, {
    resolvePath: (file) => file,
    through: noConnectors,
    timeouts: config.timeouts,
    look: { host: 'gate.example.com' },
    identityOf: createRouteIdentities({
      signed: undefined,
      gatewayOrigin: 'https://gate.example.com',
      provider: undefined,
      now: Date.now,
    }),
  });
  const routes = createWebRoutes([one]);
  const web = {
    routeOf: (request: IncomingMessage) => routes.of(request) ?? routes.plainOf(request),
    loginOrigin: 'https://gate.example.com',
  };
  const tracing = tracer && { tracer };
  const rig = await createRig(() => {}, streams, undefined, undefined, undefined, web, workloads, tracing);
  rig.answer = () => allowWeb();
  const close = rig.close.bind(rig);
  return Object.assign(rig, {
    app,
    asked,
    async close() {
      await close();
      one.agent.destroy();
      app.closeAllConnections();
      await new Promise((resolve) => {
        app.close(resolve);
      });
    },
  });
}

/** Writes a request head with the cookie of the route. */
export function webHead(method: string, target: string, lines: readonly string[] = [], cookie = true): string {
  return [
    `${method} ${target} HTTP/1.1`,
    `Host: ${appHost}`,
    ...(cookie ? ['Cookie: __Host-sallyport-route=spt_x'] : []),
    ...lines,
    '',
    '',
  ].join('\r\n');
}
