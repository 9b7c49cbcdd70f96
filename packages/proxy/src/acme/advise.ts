import type { AcmeConfig } from '@sallyport/contracts';
import type { AcmeFailure } from './acme-failure.ts';

const reach: Record<AcmeConfig['challenge'], string> = {
  'tls-alpn-01': 'let port 443 of the name lead to gateway.listen, without a proxy that ends TLS',
  'http-01': 'let port 80 of the name lead to gateway.tls.acme.httpListen',
};

/** Says what the operator can do about a failure, as an imperative. */
export function advise(failure: AcmeFailure, { challenge }: AcmeConfig): string {
  const { problem, message, isLate, domain = 'the name' } = failure;
  const advice: Record<string, string> = {
    dns: `add a record to the DNS that leads ${domain} to this gateway`,
    connection: `open the way from the ACME server to this gateway: ${reach[challenge]}`,
    tls: `open the way from the ACME server to this gateway: ${reach[challenge]}`,
    unauthorized: `make sure that ${domain} leads to this gateway and to nothing else: ${reach[challenge]}`,
    incorrectResponse: `make sure that ${domain} leads to this gateway and to nothing else: ${reach[challenge]}`,
    caa: `allow the CA in the CAA record of ${domain}`,
    rejectedIdentifier: `leave ${domain} out of gateway.tls.acme.domains, or use another ACME server`,
    unsupportedIdentifier: `leave ${domain} out of gateway.tls.acme.domains, or use another ACME server`,
    rateLimited: "wait; to try out a configuration, use the ACME server's staging directory",
    externalAccountRequired: 'set gateway.tls.acme.externalAccount to the key that the CA gave you',
    invalidContact: 'correct gateway.tls.acme.email',
    unsupportedContact: 'correct gateway.tls.acme.email',
    userActionRequired: 'read what the ACME server says, and do it',
  };
  // The server names the problem, which may be that of a property of every object.
  if (problem !== undefined && Object.hasOwn(advice, problem)) return advice[problem]!;
  if (isLate) return 'wait for the next attempt, and ask the operator of the ACME server if it fails like this again';
  if (/\((?:DEPTH_ZERO_)?SELF_SIGNED|\(UNABLE_TO_(?:GET_ISSUER|VERIFY)/.test(message))
    return 'set gateway.tls.acme.caFile to the CA of the ACME server';
  return 'check gateway.tls.acme.directory, and whether this machine reaches it (HTTPS_PROXY)';
}
