import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import { dumpPostgres, dumpRedis, dumpTopic, eventually, httpRequestOnce, refuseUpgrade } from '../../harness/index.ts';
import { bytesOf, eventOf, exec, expectAccepted, expectRefused, send, webSocket } from '../fixtures/attack.ts';
import { planted, attackFixture, stored } from '../fixtures/attack-fixture.ts';

const inBody = `planted-in-a-body-${randomUUID()}`;
const inAnswer = `planted-in-an-answer-${randomUUID()}`;
const inPassword = `planted-in-a-password-${randomUUID()}`;
const inCookie = `planted-in-a-cookie-${randomUUID()}`;
const inCode = `planted-in-a-code-${randomUUID()}`;
const inCommand = `planted-in-a-command-${randomUUID()}`;

/** Returns the distinctive lines of every private key below the gateway's directory. */
function keyMaterial(directory: string): string[] {
  const files = ['keys', 'tls'].flatMap((name) =>
    readdirSync(path.join(directory, name)).map((file) => path.join(directory, name, file)),
  );
  return files
    .map((file) => readFileSync(file, 'utf8'))
    .filter((text) => text.includes('PRIVATE KEY'))
    .map((text) => text.split('\n')[1]!.slice(20, 60));
}

function secrets(): Record<string, string> {
  const { tokens, gateway } = attackFixture();
  const keys = Object.fromEntries(keyMaterial(gateway.directory).map((text, index) => [`private key ${index}`, text]));
  return {
    ...tokens,
    ...planted,
    ...keys,
    'client secret': 'secret-of-the-tests',
    'a body': inBody,
    'an answer': inAnswer,
    'a password': inPassword,
    'its Basic form': Buffer.from(`alice:${inPassword}`).toString('base64'),
    'a cookie': inCookie,
    'a code': inCode,
    'a service credential': 'Sallyport-Service ey',
    'a JWS': 'eyJhbGciOi',
  };
}

function expectNone(where: string, texts: string | readonly string[], except: readonly string[] = []): void {
  const hidden = Object.entries(secrets()).filter(([what]) => !except.includes(what));
  expect(hidden.length).toBeGreaterThan(10);
  for (const text of [texts].flat()) {
    const found = hidden.filter(([, secret]) => text.includes(secret)).map(([what]) => what);
    expect([where, found]).toEqual([where, []]);
  }
}

/** Provokes every error near a secret that could expose it. */
function provoke(): void {
  it('is close when bodies, responses and commands are refused, broken or forwarded', async () => {
    const { dev, gateway } = attackFixture();
    const body = JSON.stringify({ kind: 'Secret', data: { password: inBody } });
    await expectAccepted({
      method: 'POST',
      target: '/clusters/dev/api/v1/namespaces/dev/secrets',
      lines: ['Content-Type: application/json', `Content-Length: ${body.length}`],
      body,
    });
    await expectRefused(
      {
        method: 'POST',
        target: '/clusters/readonly/api/v1/namespaces/dev/secrets',
        lines: [`Content-Length: ${body.length}`],
        body,
      },
      403,
    );
    await expectRefused(
      {
        authorization: `Basic ${Buffer.from(`alice:${inPassword}`).toString('base64')}`,
        lines: [`Cookie: __Host-sallyport=${inCookie}`],
      },
      401,
    );
    const { request } = await expectAccepted(
      { target: exec.replace('command=ls', `command=${inCommand}&c%6fmmand=${inCommand}`), lines: webSocket },
      101,
    );
    const { data } = await eventOf(request.header('audit-id')[0], 'RequestReceived');
    expect(data.requestURI).not.toContain(inCommand);
    expect(data.sallyport.exec!.command).toEqual([inCommand, inCommand]);
    for (const broken of [
      `HTTP/1.1 200 OK\r\nX-Secret: ${inAnswer}\0\r\n\r\n`,
      `${inAnswer}\r\n\r\n`,
      `HTTP/1.1 200 OK\r\nContent-Length: ${inAnswer}\r\n\r\n`,
    ]) {
      dev.answer((_request, response) => void response.socket!.end(broken));
      const reply = await send(bytesOf({ target: '/clusters/dev/api/v1/namespaces/dev/secrets/x' }), 6000);
      expect(reply.code).toBe(502);
      dev.answerUpgrade((_request, socket) => void socket.end(broken));
      expect((await send(bytesOf({ target: exec, lines: webSocket }), 6000)).code).toBe(502);
    }
    dev.answer((_request, response) => response.writeHead(401, { 'content-type': 'application/json' }).end('{}'));
    await expectAccepted({}, 401);
    dev.answerUpgrade((_request, socket) => refuseUpgrade(socket, 401, {}, '{}'));
    await expectAccepted({ target: exec, lines: webSocket }, 401);
    for (const target of ['/clusters/gone/api', '/clusters/gone/api/v1/namespaces/a/pods/b/exec'])
      expect((await send(bytesOf({ target, lines: target.includes('exec') ? webSocket : [] }), 6000)).code).toBe(502);
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: inCode,
      code_verifier: inCode,
      redirect_uri: 'http://127.0.0.1:1/x',
    }).toString();
    expect(
      (
        await gateway.request('/.sallyport/token', {
          method: 'POST',
          body: form,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        })
      ).status,
    ).toBe(400);
    await httpRequestOnce(`${gateway.pagesUrl}/.sallyport/callback?code=${inCode}&state=${inCode}`, {
      headers: { cookie: `sallyport-demo=${inCookie}` },
    });
    await gateway.request(`/.sallyport/me?token=${inCode}`, {
      headers: { cookie: `__Host-sallyport=${inCookie}`, authorization: `Bearer ${inCookie}` },
    });
  });
}

export function searchForSecrets(): void {
  describe('A30 and A32: a secret', () => {
    provoke();

    it('is in no response to an attacker', () => {
      expect(attackFixture().answers.length).toBeGreaterThan(300);
      expectNone('an answer', attackFixture().answers);
    });

    it('is in no log', async () => {
      for (const name of serviceNames) {
        const log = await eventually(
          `the log of ${name}`,
          () => readFileSync(attackFixture().gateway.processes!.logFile(name), 'utf8') || undefined,
        );
        expectNone(`the log of ${name}`, log);
        expect(log).not.toMatch(/spt_[A-Za-z0-9_-]{43}/);
        expect(log).not.toContain(inCommand);
        expect(log).not.toMatch(/[\u007f-\u009f]/);
      }
    });

    it('is in no event, and in no response of the audit service', async () => {
      const events = attackFixture().gateway.events();
      expect(events.length).toBeGreaterThan(500);
      const text = JSON.stringify(events);
      expectNone('the events', text);
      expect(text).not.toMatch(/spt_[A-Za-z0-9_-]{43}/);
      const { token } = await attackFixture().gateway.login('carol@example.com');
      for (const query of ['limit=1000', 'limit=1000&type=login.failed', 'limit=1000&user=alice@example.com']) {
        const answer = await attackFixture().gateway.request(`/.sallyport/api/v1/audit?${query}`, { token });
        expect(answer.status).toBe(200);
        expectNone('the audit service', answer.text);
      }
    });

    it('is in no message on the topic, with its key and headers, and in no table of the store', async () => {
      const { kafka, postgres } = attackFixture().gateway;
      for (const [where, text] of [
        ['the topic', await dumpTopic(kafka!)],
        ['the store', await dumpPostgres(postgres!.url)],
      ] as const) {
        expect(text).toContain('alice@example.com');
        expectNone(where, text);
        expect(text).not.toMatch(/spt_[A-Za-z0-9_-]{43}/);
      }
    });

    it('is in Redis only as its hash', async () => {
      const dump = await dumpRedis(attackFixture().gateway.redis!.client);
      expectNone('Redis', dump);
      expect(dump).not.toMatch(/spt_[A-Za-z0-9_-]{43}/);
      for (const token of Object.values(attackFixture().tokens)) expect(dump).toContain(stored(token));
    });

    it('is in no metric', async () => {
      for (const name of serviceNames)
        expectNone(
          `the metrics of ${name}`,
          (await httpRequestOnce(`http://127.0.0.1:${attackFixture().gateway.adminPorts[name]}/metrics`)).text,
        );
    });

    it('of a cluster is sent only to that cluster, and that of a person to none', () => {
      const bytes = (upstream: 'dev' | 'prod') =>
        attackFixture()
          [upstream].connections.map((connection) => connection.bytes().toString('latin1'))
          .join('\n');
      expect(bytes('dev')).toContain(planted.dev);
      expectNone('the dev cluster', bytes('dev'), ['dev', 'a body']);
      expect(bytes('prod')).toBe('');
    });

    it('cannot leak through a report, an inspector or a dump, because no process was started with one', () => {
      for (const name of serviceNames) {
        const directory = `/proc/${attackFixture().gateway.processes!.pid(name)}`;
        const started =
          `${readFileSync(`${directory}/cmdline`, 'utf8')}\0${readFileSync(`${directory}/environ`, 'utf8')}`
            .split('\0')
            .filter((part) => part.startsWith('--') || part.startsWith('NODE_OPTIONS='));
        expect(started.join(' ')).not.toMatch(/--(?:report|inspect|heap|abort-on|cpu-prof|trace|diagnostic-dir)/);
      }
      const entrypoint = readFileSync(new URL('../../../../deploy/image/entrypoint.sh', import.meta.url), 'utf8');
      expect(entrypoint).toMatch(/ulimit -c 0/);
      expect(entrypoint).toMatch(/--no-report-on-fatalerror.*--disable-sigusr1/);
    });
  });
}
