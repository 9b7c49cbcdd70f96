import { describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import { AcmeFailure } from './acme-failure.ts';
import { advise } from './advise.ts';

const { tls } = configSchema.parse({ gateway: { url: 'https://gate', tls: { acme: { agreeToTerms: true } } } }).gateway;
const adviceFor = (...facts: ConstructorParameters<typeof AcmeFailure>) =>
  advise(new AcmeFailure(...facts), tls!.acme!);
const refused = (problem: string) =>
  adviceFor('it answered 403', { domain: 'a.example', problem: { type: `urn:ietf:params:acme:error:${problem}` } });

describe('the advice about a failure', () => {
  it('is about the problem that the ACME server names', () => {
    expect(refused('dns')).toBe('add a record to the DNS that leads a.example to this gateway');
  });

  it.each(['constructor', 'toString', '__proto__', 'unknown'])('is general for the unknown problem %s', (problem) => {
    expect(refused(problem)).toMatch(/^check gateway\.tls\.acme\.directory/);
  });

  it('is to wait if the time for the attempt was over', () => {
    expect(adviceFor('it was not done within 15 minutes', { isLate: true })).toMatch(/^wait for the next attempt/);
  });
});
