import { openAuditSink } from '@sallyport/audit-log';
import { loadServiceKeys, runService } from '@sallyport/kit';
import { startTracing } from '@sallyport/kit/tracing';
import { checkProxy } from './check-proxy.ts';
import { startProxy } from './start-proxy.ts';

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
    const parts = { ...keys, loaded, logger, metrics, readiness, sink, tracer, now: Date.now, releaseMs };
    const proxy = await startProxy(parts);
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
