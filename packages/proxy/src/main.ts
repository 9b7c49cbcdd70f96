import { openAuditSink } from '@sallyport/audit-log';
import { loadServiceKeys, runService } from '@sallyport/kit';
import { startTracing } from '@sallyport/kit/tracing';
import { checkProxy } from './check-proxy.ts';
import { startProxy } from './start-proxy.ts';

const environment = {
  httpsProxy: process.env['HTTPS_PROXY'] ?? process.env['https_proxy'] ?? '',
  noProxy: process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '',
};

await runService({
  name: 'proxy',
  adminListen: ({ config }) => config.services.proxy.adminListen,
  check: checkProxy,
  async start({ loaded, logger, metrics, readiness, releaseMs }) {
    const sink = await openAuditSink(loaded.config.audit, {
      logger,
      metrics,
      now: Date.now,
      resolvePath: loaded.resolvePath,
      service: 'proxy',
    });
    const keys = loadServiceKeys(loaded, 'proxy', Date.now);
    const tracer = await startTracing({ loaded, service: 'proxy', logger, metrics });
    const common = { loaded, logger, metrics, readiness, sink, tracer, now: Date.now, environment, releaseMs };
    const proxy = await startProxy({ ...keys, ...common });
    const following = keys.follow({ logger, metrics });
    return {
      reload: () => proxy.reload(),
      async close() {
        await proxy.close();
        following.close();
        await Promise.all([sink.close(), tracer?.close()]);
      },
    };
  },
});
