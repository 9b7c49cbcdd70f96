import type { AuditSink } from '@sallyport/audit-log';
import type { LoadedConfig, Logger, Metrics } from '@sallyport/kit';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { attendToNotices, openChannels } from '@sallyport/notify';
import type { ElevationStore } from '@sallyport/stores';
import { describeFailedNotice } from './notice-events.ts';

type NotificationDeps = {
  loaded: LoadedConfig;
  store: Pick<ElevationStore, 'notices'>;
  sink: Pick<AuditSink, 'publish'>;
  /** How receivers outside are reached. */
  environment?: { httpsProxy?: string; noProxy?: string };
  logger: Logger;
  metrics?: Metrics | undefined;
  now: () => number;
};

/** Opens the channels of `notifications` and begins to send what waits. Returns a function that stops. */
export function startNotifications(deps: NotificationDeps): () => Promise<void> {
  const { loaded, store, sink, now } = deps;
  const { notifications, gateway } = loaded.config;
  if (notifications.length === 0) return async () => undefined;
  const channels = openChannels(notifications, {
    gatewayUrl: gateway.url,
    resolvePath: loaded.resolvePath,
    createFetch: (options) => createOutboundFetch({ ...deps.environment, ...options }),
    now,
  });
  return attendToNotices({
    ...deps,
    outbox: store.notices,
    channels,
    record: (failure) => sink.publish(describeFailedNotice(failure)),
  });
}
