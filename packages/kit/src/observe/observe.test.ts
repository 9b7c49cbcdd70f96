import { describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { createAdminServer, createMetrics } from './create-admin-server.ts';
import { createLogger } from './create-logger.ts';
import { createReadiness } from './readiness.ts';

describe('the log', () => {
  it('never shows a secret, at any level of an object', () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'proxy', destination: { write: (line: string) => void lines.push(line) } });
    logger.info(
      {
        token: 'planted',
        headers: { authorization: 'planted', cookie: 'planted', 'set-cookie': 'planted' },
        a: { b: { password: 'planted' } },
      },
      'x',
    );
    expect(lines.join('')).toContain('[redacted]');
    expect(lines.join('')).not.toContain('planted');
  });
});

describe('a child logger', () => {
  it('cannot repeat a field of its parent: a line has each field once', () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'demo', destination: { write: (line: string) => void lines.push(line) } });
    expect(() => logger.child({ service: 'proxy' })).toThrow('already has the field "service"');
    expect(() => logger.child({ part: 'a' }).child({ part: 'b' })).toThrow('already has the field "part"');
    logger.child({ part: 'a' }, { redact: [] }).info({ token: 'shown' }, 'x');
    expect(JSON.parse(lines.join(''))).toMatchObject({ service: 'demo', part: 'a', token: 'shown', msg: 'x' });
  });
});

describe('the admin port', () => {
  it('is ready only while every check passes, and names those that fail', async () => {
    const readiness = createReadiness();
    const server = createAdminServer({ metrics: createMetrics(), readiness });
    await supertest(server).get('/readyz').expect(200);
    readiness.add('redis', () => Promise.reject(new Error('away')));
    const answer = await supertest(server).get('/readyz').expect(503);
    expect(answer.body).toEqual({ ready: false, checks: { redis: 'away' } });
    readiness.add('redis', () => 'slowly');
    expect((await supertest(server).get('/readyz').expect(200)).body).toEqual({
      ready: true,
      checks: { redis: 'ok (slowly)' },
    });
    await supertest(server).get('/livez').expect(200);
    expect((await supertest(server).get('/metrics').expect(200)).text).toContain('process_cpu_seconds_total');
    await supertest(server).get('/other').expect(404);
    await supertest(server).post('/livez').expect(405);
  });
});
