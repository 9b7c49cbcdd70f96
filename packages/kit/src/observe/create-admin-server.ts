import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Readiness } from './readiness.ts';

export type Metrics = Registry;

/** Creates a registry that contains the metrics of the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Creates the server of the admin port: `/livez`, `/readyz` (503 with the reasons) and `/metrics` (Prometheus text). */
export function createAdminServer(deps: { metrics: Metrics; readiness: Readiness }): Server {
  return createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void answer(405, 'text/plain', 'method not allowed\n');
    if (path === '/livez') return void answer(200, 'text/plain', 'ok\n');
    if (path === '/readyz') {
      void deps.readiness
        .report()
        .then((report) => answer(report.ready ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`));
      return;
    }
    if (path === '/metrics') {
      void deps.metrics.metrics().then(
        (text) => answer(200, deps.metrics.contentType, text),
        () => answer(500, 'text/plain', 'metrics failed\n'),
      );
      return;
    }
    answer(404, 'text/plain', 'not found: one of /livez, /readyz, /metrics\n');
  });
}
