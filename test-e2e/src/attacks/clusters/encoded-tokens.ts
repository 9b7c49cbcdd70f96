import { describe, expect, it } from '@jest/globals';
import { expectRefused } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const encoded = (text: string) => Array.from(text, (char) => `%${char.charCodeAt(0).toString(16)}`).join('');
const again = (text: string) => text.replaceAll('%', '%25');

const spellings: [string, (token: string) => string][] = [
  ['encoded', encoded],
  ['encoded in upper case', (token) => encoded(token).toUpperCase()],
  ['encoded in part', (token) => token.replace('_', '%5f')],
  ['its last character encoded', (token) => token.slice(0, -1) + encoded(token.at(-1)!)],
  ['encoded twice', (token) => again(encoded(token))],
  ['encoded three times', (token) => again(again(encoded(token)))],
  ['its escapes encoded', (token) => encoded(encoded(token))],
  ['encoded twice in part', (token) => token.replace('pt', '%2570%2574')],
];

/** Returns what a reader of the trail could get by decoding repeatedly. */
function decoded(text: string): string {
  const next = text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return next === text ? next : decoded(next);
}

export function attackHiddenTokens(): void {
  describe('S33: a token in a URL that is hidden by percent-encoding', () => {
    it.each(spellings)('(%s) is refused, and not recorded in any encoding', async (_how, spell) => {
      const token = attackFixture().tokens.alice;
      const hidden = spell(token);
      const targets = [
        `/clusters/dev/api?access_token=${hidden}`,
        `/clusters/dev/api/v1/namespaces/dev/pods/${hidden}`,
        `/clusters/${hidden}/api`,
        `/clusters/dev/api/v1/namespaces/dev/pods/web/exec?command=${hidden}&x=y`,
        `/${hidden}`,
      ];
      for (const target of targets) {
        const { event, reply } = await expectRefused({ target }, 400, /address contains a token/);
        for (const text of [JSON.stringify(event), reply.text]) expect(decoded(text)).not.toContain(token.slice(5));
      }
      const { event } = await expectRefused(
        { target: '/clusters/dev/api//', lines: [`User-Agent: kubectl/${hidden}`, `Kubectl-Command: ${hidden}`] },
        400,
      );
      expect(decoded(JSON.stringify(event))).not.toContain(token.slice(5));
    });

    it.each(spellings)("(%s) is refused by the gateway's own pages too", async (_how, spell) => {
      const { gateway, tokens } = attackFixture();
      const { status, text } = await gateway.request(`/.sallyport/me?next=${spell(tokens.alice)}`);
      expect(status).toBe(400);
      expect(decoded(text)).not.toContain(tokens.alice.slice(5));
    });
  });
}
