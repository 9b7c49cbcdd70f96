import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { bytesOf, eventOf, pods, send } from '../fixtures/attack.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

type Name = 'alice' | 'bob' | 'mallory' | 'eve';
const names: readonly Name[] = ['alice', 'mallory', 'eve', 'bob', 'mallory', 'alice', 'bob', 'eve'];
const mayGo: ReadonlySet<Name> = new Set(['alice', 'eve']);
const as = (name: Name, object: string) =>
  bytesOf({ target: `${pods}/${object}`, authorization: `Bearer ${attackFixture().tokens[name]}` });

/** Returns the user that the cluster saw for a request, or undefined if it did not receive it. */
const impersonated = (object: string) =>
  attackFixture()
    .dev.requests.find(({ url }) => url.endsWith(`/${object}`))
    ?.header('impersonate-user');

function expectOwn(name: Name, object: string, code: number): void {
  expect([object, code, impersonated(object)]).toEqual([
    object,
    mayGo.has(name) ? 200 : 403,
    mayGo.has(name) ? [`${name}@example.com`] : undefined,
  ]);
}

export function attackReuse(): void {
  describe('A33: a decision', () => {
    it('is not reused for the next user of the connection, nor for the same request of another person', async () => {
      const stream = await openRaw('');
      for (const [index, name] of [...names, ...names].entries()) {
        const [object, before] = [`turn-${index}`, stream.text().length];
        stream.socket.write(as(name, object));
        await eventually(`the answer to ${object}`, () =>
          /HTTP\/1\.1 [\s\S]*\r\n\r\n[\s\S]*\}/.test(stream.text().slice(before)),
        );
        expectOwn(name, object, Number(/HTTP\/1\.1 (\d+)/.exec(stream.text().slice(before))![1]));
      }
      stream.socket.destroy();
    });

    it('belongs to its own caller among hundreds of concurrent ones', async () => {
      const asked = Array.from({ length: 240 }, (_none, index) => ({
        name: names[index % names.length]!,
        object: `crowd-${index}`,
      }));
      // A busy machine may be too late with a decision, or with a connection to the cluster. What is refused for that
      // reaches nothing, and is asked again.
      const sendInTime = async (name: Name, object: string) => {
        for (let tries = 1; ; tries += 1) {
          const reply = await send(as(name, object), 8000);
          if (![502, 503].includes(reply.code) || tries === 5) return reply;
          expect(impersonated(object)).toBeUndefined();
        }
      };
      const got = await Promise.all(
        asked.map(async (one) => ({ ...one, reply: await sendInTime(one.name, one.object) })),
      );
      for (const { name, object, reply } of got) expectOwn(name, object, reply.code);
      for (const { name, object, reply } of got.slice(0, 40)) {
        const { data } = await eventOf(
          reply.auditId ??
            attackFixture()
              .dev.requests.find(({ url }) => url.endsWith(`/${object}`))!
              .header('audit-id')[0],
        );
        expect([data.user.username ?? data.sallyport.identity?.email, data.sallyport.sessionId !== undefined]).toEqual([
          `${name}@example.com`,
          true,
        ]);
      }
    });

    it('for an ended session is not cached', async () => {
      const { gateway } = attackFixture();
      const { token, sessionId } = await gateway.login('alice@example.com');
      const ask = async (object: string) =>
        (await send(bytesOf({ target: `${pods}/${object}`, authorization: `Bearer ${token}` }))).code;
      for (let turn = 0; turn < 5; turn += 1) expect(await ask('before')).toBe(200);
      expect(
        (await gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, { method: 'DELETE', token })).status,
      ).toBe(204);
      expect(await ask('after')).toBe(401);
      expect(impersonated('after')).toBeUndefined();
    });
  });
}
