import { openAuditSink } from '@sallyport/audit-log';
import { loadServiceKeys, proxyEnvironment, runService } from '@sallyport/kit';
import { startTracing } from '@sallyport/kit/tracing';
import { checkProxy } from './check-proxy.ts';
import { startProxy } from './start-proxy.ts';

const environment = proxyEnvironment(process.env);

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
