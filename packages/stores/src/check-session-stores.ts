import { checkAuthorities, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { redisNodes, type RedisSessionsConfig } from './redis/redis-options.ts';

/** Reports whether the address has a host, a number as its database, and a user and password that can be decoded. */
function isUsable(config: RedisSessionsConfig): boolean {
  try {
    const { hostname, pathname, username, password } = new URL(config.redis);
    decodeURIComponent(username);
    decodeURIComponent(password);
    redisNodes(config);
    return hostname !== '' && /^\/?\d*$/.test(pathname);
  } catch {
    return false;
  }
}

/** Checks where sessions are stored, for a service that runs in a process of its own. */
export function checkSessionStores(loaded: LoadedConfig): ConfigFault[] {
  const { sessions } = loaded.config;
  const fault = (path: string, message: string, hint: string) => ({
    path,
    message,
    hint,
    ...loaded.place(path.split('.')),
  });
  if (!('redis' in sessions))
    return loaded.forOneProcess
      ? []
      : [
          fault(
            'memory' in sessions ? 'sessions.memory' : 'sessions.redis',
            'memory' in sessions
              ? 'keeps the sessions of one process to itself, so authorize knows no login of authenticate'
              : 'is missing',
            'write it like redis://user:password@redis:6379/0; without Redis, run all services in one process: sallyport serve',
          ),
        ];
  return [
    ...(isUsable(sessions)
      ? []
      : [fault('sessions.redis', 'is not a Redis URL', 'write it like redis://user:password@redis:6379/0')]),
    ...checkAuthorities(loaded, { path: 'sessions.caFile', file: sessions.caFile }),
  ];
}
