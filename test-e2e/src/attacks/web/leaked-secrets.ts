import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import { hashToken } from '@sallyport/kit';
import { dumpPostgres, dumpRedis, dumpTopic, eventually, httpRequestOnce } from '../../harness/index.ts';
import { expectWebAccepted, sendWeb, webBytes } from '../fixtures/web-attack.ts';
import { beginCookieName, originOf, plantedOfCluster, webFixture, webHosts } from '../fixtures/web-fixture.ts';

const inQuery = `planted-in-a-query-${randomUUID()}`;
const inBody = `planted-in-a-body-${randomUUID()}`;
const inAnswer = `planted-in-an-answer-${randomUUID()}`;
const inReferrer = `planted-in-a-referrer-${randomUUID()}`;
/** What came up while the attacks ran: a code and the secret that binds it to its browser. */
const passing: Record<string, string> = {};

/** What must be in no output of the gateway. */
function secrets(): Record<string, string> {
  const { tokens, cookies } = webFixture();
  return {
    ...Object.fromEntries(Object.entries(tokens).map(([name, token]) => [`the token of ${name}`, token])),
    ...Object.fromEntries(Object.entries(cookies).map(([name, token]) => [`the cookie of ${name}`, token])),
    ...passing,
    'the credential at the cluster': plantedOfCluster,
    'a query': inQuery,
    'a body': inBody,
    'an answer': inAnswer,
    'a referrer': inReferrer,
    'a service credential': 'Sallyport-Service ey',
    'a JWS': 'eyJhbGciOi',
    'the client secret': 'secret-of-the-tests',
  };
}

function expectNone(where: string, text: string, except: readonly string[] = []): void {
  for (const [what, secret] of Object.entries(secrets())) {
    const at = except.includes(what) ? -1 : text.indexOf(secret);
    expect([where, what, text.slice(Math.max(0, at - 200), Math.max(0, at))]).toEqual([where, what, '']);
    expect([where, what, at]).toEqual([where, what, -1]);
  }
  expect(text).not.toMatch(/spt_[A-Za-z0-9_-]{43}|spa_eyJ/);
}

/** Brings every secret to where an error, an event or a page could show it. */
function provoke(): void {
  it('is close when logins, queries, bodies and responses are refused, broken or forwarded', async () => {
    const { app, gateway, tokens, cookies } = webFixture();
    const body = `{"password":"${inBody}"}`;
    const write: { method: string; lines: string[]; body: string } = {
      method: 'POST',
      lines: [`Content-Length: ${body.length}`, `Referer: ${originOf('app')}/?${inReferrer}`],
      body,
    };
    await expectWebAccepted({ ...write, target: `/x?secret=${inQuery}` });
    await sendWeb(webBytes({ ...write, target: `/admin?secret=${inQuery}` }));
    await sendWeb(webBytes({ ...write, target: `/x/..?secret=${inQuery}` }));
    for (const broken of [
      `HTTP/1.1 200 OK\r\nX-Secret: ${inAnswer}\0\r\n\r\n`,
      `${inAnswer}\r\n\r\n`,
      `HTTP/1.1 200 ${inAnswer}\x01\r\nContent-Length: ${inAnswer}\r\n\r\n`,
    ]) {
      app.answer((_request, response) => void response.socket!.end(broken));
      expect((await sendWeb(webBytes({ target: `/?${inQuery}` }), 6000)).code).toBe(502);
    }
    app.answer(undefined);
    for (const token of [...Object.values(tokens), ...Object.values(cookies)]) {
      // In a query, a JWT belongs to the application.
      if (token !== tokens.workload) await sendWeb(webBytes({ target: `/?token=${token}` }));
      await sendWeb(webBytes({ host: 'other', cookie: token }));
      await sendWeb(webBytes({ cookie: undefined, lines: [`Authorization: Bearer ${token}x`] }));
      await sendWeb(webBytes({ target: `/${token}`, cookie: undefined }));
      await sendWeb(webBytes({ lines: [`User-Agent: ${token}`], cookie: undefined }));
      await gateway.request(`/.sallyport/me?token=${token}`, { headers: { authorization: `Bearer ${token}x` } });
    }
    const browser = webFixture().browsers.alice;
    browser.jar(webHosts.app).clear();
    const { left } = await browser.go(`${originOf('app')}/?${inQuery}`, {
      leaveAt: `${originOf('app')}/.sallyport/callback`,
    });
    passing['a one-time code'] = new URL(left!).searchParams.get('code')!;
    passing['the secret of a browser'] = browser.jar(webHosts.app).get(beginCookieName)!;
    // The first is refused and uses the code up, the second finds none.
    for (const verifier of ['v'.repeat(43), passing['the secret of a browser']])
      await sendWeb(
        webBytes({
          cookie: undefined,
          target: new URL(left!).pathname + new URL(left!).search,
          lines: [`Cookie: ${beginCookieName}=${verifier}`],
        }),
      );
  });
}

export function searchForWebSecrets(): void {
  describe('W30: a secret', () => {
    provoke();

    it('is in no response to an attacker', () => {
      const { answers } = webFixture();
      expect(answers.length).toBeGreaterThan(200);
      // A browser that begins gets a secret of its own, in its cookie.
      expectNone('an answer', answers.join('\n').replace(new RegExp(`^set-cookie: ${beginCookieName}=.*$`, 'gim'), ''));
    });

    it('is in no log', async () => {
      for (const name of serviceNames) {
        const log = await eventually(
          `the log of ${name}`,
          () => readFileSync(webFixture().gateway.processes!.logFile(name), 'utf8') || undefined,
        );
        expectNone(`the log of ${name}`, log);
        expect(log).not.toMatch(/[\u007f-\u009f]/);
      }
    });

    it('is in no event, on the topic, in the audit store or in what the audit service answers', async () => {
      const { gateway } = webFixture();
      const events = gateway.events();
      expect(events.length).toBeGreaterThan(300);
      expectNone('the events', JSON.stringify(events));
      const { token } = await gateway.login('carol@example.com');
      for (const query of ['limit=1000', 'limit=1000&type=http.request', 'limit=1000&user=alice@example.com'])
        expectNone('the audit service', (await gateway.request(`/.sallyport/api/v1/audit?${query}`, { token })).text);
      for (const [where, text] of [
        ['the topic', await dumpTopic(gateway.kafka!)],
        ['the audit store', await dumpPostgres(gateway.postgres!.url)],
      ] as const) {
        expect(text).toContain('alice@example.com');
        expectNone(where, text);
      }
    });

    it('is in Redis only as its hash', async () => {
      const { gateway, cookies, tokens } = webFixture();
      const dump = await dumpRedis(gateway.redis!.client);
      expectNone('Redis', dump);
      for (const token of [cookies.alice, cookies.bob, tokens.agent, tokens.machine])
        expect(dump).toContain(hashToken(token));
    });

    it('is in no metric', async () => {
      const { gateway } = webFixture();
      for (const name of serviceNames)
        expectNone(
          `the metrics of ${name}`,
          (await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts[name]}/metrics`)).text,
        );
    });

    it('of the gateway, or of a person for the gateway, reaches no application', () => {
      const { app, other } = webFixture();
      for (const [where, { connections }] of [
        ['the application', app],
        ['the other application', other],
      ] as const) {
        const text = connections.map((connection) => connection.bytes().toString('latin1')).join('\n');
        expect(text).toContain('x-forwarded-for');
        // What applications are told of their users is signed, and a tool gets a credential for its clusters.
        const own = text.replace(/^(?:x-sallyport-jwt-assertion|authorization): .*$/gim, '');
        expectNone(where, own, ['a query', 'a body', 'a referrer']);
      }
    });
  });
}
