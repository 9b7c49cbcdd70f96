import { configSchema } from '@sallyport/contracts';
import type { RedisSessionsConfig } from '../redis/redis-options.ts';

/** Parses a `sessions` section with the schema. */
export function sessionsSchemaFor(section: object): RedisSessionsConfig {
  const { sessions } = configSchema.parse({ gateway: { url: 'http://127.0.0.1:8443' }, sessions: section });
  if (!('redis' in sessions)) throw new Error('not a Redis section');
  return sessions;
}
