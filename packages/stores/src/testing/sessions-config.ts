import { configSchema } from '@sallyport/contracts';
import type { RedisDeadlines } from '../redis/ask-redis.ts';
import type { RedisSessionsConfig } from '../redis/redis-options.ts';

/** What a Redis on a busy machine may take. Tests of what happens without it use the real deadlines. */
const patient: RedisDeadlines = { commandMs: 5000, questionMs: 8000 };

/** Parses a `sessions` section with the schema. The deadlines are patient unless told otherwise. */
export function sessionsSchemaFor(
  section: object,
  { deadlines }: { deadlines: RedisDeadlines | undefined } = { deadlines: patient },
): RedisSessionsConfig {
  const { sessions } = configSchema.parse({ gateway: { url: 'http://127.0.0.1:8443' }, sessions: section });
  if (!('redis' in sessions)) throw new Error('not a Redis section');
  return { ...sessions, ...(deadlines ? { deadlines } : {}) };
}
