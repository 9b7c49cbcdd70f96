import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clientText, visibleText } from './client-text.ts';
import { withoutTokens } from './own-token.ts';

const signed = `eyJhbGciOiJFZERTQSIsImtpZCI6Ingi.eyJqdGkiOiJ4In0.${'A'.repeat(86)}`;
const [escapes, controls] = ['%79 % %25', '\u0000 \u007f \u0085 \n'].map((some) => some.split(' ')) as [
  string[],
  string[],
];
const heads = ['spt_', 'spd_', 'spa_', 'yJ', 'e', signed, signed.slice(1), `spa_${signed}`];
const harmless = ['a'.repeat(43), '.', 'ü', '\ud800', ' ', '/api/v1/pods', 'x'.repeat(600)];
const pieces = fc.constantFrom(...escapes, ...controls, ...heads, ...harmless);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 8 }).map((some) => some.join('')),
);
const ofToken = (token: string) => `hash of ${token.length}`;
const escaped = (text: string) =>
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

it('shows each text of a client without tokens and with control characters escaped', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(visibleText(text, ofToken)).toBe(escaped(withoutTokens(text, ofToken)));
      const clean = withoutTokens(text, ofToken);
      const cut = clean.length > 1024 ? `${clean.slice(0, 1024)}…` : clean;
      expect(clientText(text, ofToken)).toBe(escaped(withoutTokens(cut)));
    }),
    { numRuns: 2000 },
  );
});
