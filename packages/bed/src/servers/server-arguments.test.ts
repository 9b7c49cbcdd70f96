import { describe, expect, it } from '@jest/globals';
import { keycloakArguments } from '../components/keycloak.ts';
import { canailleConfig } from './start-canaille.ts';
import { kafkaProperties } from './start-kafka.ts';
import { pebbleConfig } from './start-pebble.ts';
import { postgresArguments } from './start-postgres.ts';
import { redisArguments } from './start-redis.ts';
import { versitygwArguments } from './start-versitygw.ts';

describe('the servers of the bed', () => {
  it('listen only on the loopback address', () => {
    expect(redisArguments(1, '/d').join(' ')).toContain('--bind 127.0.0.1 --port 1');
    expect(postgresArguments({ port: 2, data: '/d' })).toEqual(
      expect.arrayContaining(['listen_addresses=127.0.0.1', 'port=2', 'unix_socket_directories=']),
    );
    expect(kafkaProperties({ port: 3, controllerPort: 4, dataDirectory: '/d' })).toContain(
      'listeners=PLAINTEXT://127.0.0.1:3,CONTROLLER://127.0.0.1:4\n',
    );
    expect(pebbleConfig({ port: 5, certificate: '/c', privateKey: '/k' })).toContain(
      '"listenAddress":"127.0.0.1:5","managementListenAddress":""',
    );
    expect(versitygwArguments({ port: 6, data: '/d', sidecar: '/s' })).toContain('127.0.0.1:6');
  });

  it('run from the cache without writing to it', () => {
    const args = keycloakArguments('/cache/keycloak-1', '/run/keycloak', ['start']);
    expect(args).toEqual(
      expect.arrayContaining(['-Dkc.home.dir=/run/keycloak', '/cache/keycloak-1/lib/quarkus-run.jar']),
    );
    expect(args.at(-1)).toBe('start');
    expect(canailleConfig({ port: 7, database: '/run/c.sqlite' })).toContain(
      'DATABASE_URI = "sqlite:////run/c.sqlite"',
    );
  });

  it('keep their data from one start to the next', () => {
    expect(redisArguments(1, '/d').join(' ')).toContain('--appendonly yes');
    expect(kafkaProperties({ port: 3, controllerPort: 4, dataDirectory: 'C:\\data' })).toContain(
      'log.dirs=C:\\\\data\n',
    );
  });

  it('accept additional arguments, which override their own', () => {
    expect(redisArguments(1, '/d', ['--maxmemory', '1mb']).slice(-2)).toEqual(['--maxmemory', '1mb']);
  });
});
