import type { StreamsChanged } from '@sallyport/contracts';
import type { Logger, ServiceClient } from '@sallyport/kit';
import { userOf } from './stream-indexes.ts';
import type { StreamRegistry } from './stream-registry.ts';

type AnnounceDeps = {
  registry: Pick<StreamRegistry, 'onChange'>;
  authorize: Pick<ServiceClient, 'request'>;
  logger: Logger;
  /** The least time between two announcements, in milliseconds. */
  paceMs?: number;
};

/** Beyond so many users, an announcement names none. */
const mostOwners = 100;

/**
 * Tells the other gateways whose streams began or ended here, for people who look at a list of them. Returns a function
 * that stops.
 */
export function announceStreams({ registry, authorize, logger, paceMs = 2000 }: AnnounceDeps): () => void {
  const owners = new Map<string, { issuer: string; subject: string }>();
  let isAsking = false;
  const stop = registry.onChange(({ exchange }) => {
    const { issuer = '', subject = '' } = exchange.answer.identity ?? {};
    if (owners.size <= mostOwners) owners.set(userOf(exchange), { issuer, subject });
  });
  const announce = async () => {
    const body: StreamsChanged = owners.size > mostOwners ? {} : { owners: [...owners.values()] };
    owners.clear();
    isAsking = true;
    try {
      await authorize.request({ method: 'POST', path: '/v1/streams/changed', body });
    } catch (error) {
      logger.debug({ err: error }, 'could not announce changes of streams');
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => {
    if (owners.size > 0 && !isAsking) void announce();
  }, paceMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    stop();
  };
}
