import { describe, expect, it } from '@jest/globals';
import { CliError } from '../terminal/cli-error.ts';
import { expectOk } from './expect-ok.ts';

function hintOf(status: number, detail?: string): string | undefined {
  try {
    expectOk({ status, headers: {}, body: detail === undefined ? undefined : { detail } }, 'https://gate.example.com');
  } catch (error) {
    if (error instanceof CliError) return error.hint;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the second line of an error', () => {
  it.each([400, 403, 404, 409, 429, 500, 302])(
    'says what to do where the gateway answers %i without a word',
    (status) => {
      expect(hintOf(status)).toMatch(/^[A-Z].*\.$/);
    },
  );

  it.each([
    [400, 'namespace: is not a name.'],
    [404, 'There is no elevation with this ID, or you may not see it.'],
    [409, 'This elevation was decided already.'],
    [403, 'policy rule "prod[2]" denies it. To ask for the right to it, run: sallyport elevate prod-admin'],
    [403, 'It needs a newer login: run sallyport login --max-age 5m'],
  ])('is left out where the answer %i says it itself: %s', (status, detail) => {
    expect(hintOf(status, detail)).toBeUndefined();
  });

  it.each([
    [403, 'policy rule "default-deny" does not allow it', /^Ask the operator/],
    [503, 'The audit log cannot be written.', /^Try again/],
    [401, 'Unauthorized', /^Your login at the gateway is kept/],
  ])('adds to the answer %i who can help: %s', (status, detail, words) => {
    expect(hintOf(status, detail)).toMatch(words);
  });
});
