import type { FaultList, FaultPath } from '../../document/fault-list.ts';
import { isPlainObject } from '../../document/plain-object.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';
import { readCertificate, type CertificateFacts } from '../../matchers/read-certificate.ts';
import { compileStringMatcher, readStrings, type StringMatcher } from '../../matchers/string-matcher.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

/** `trusted`: the chain is not known to be invalid. */
type CertificateTest = (facts: CertificateFacts, trusted: boolean) => boolean;
type Compile = (data: unknown, path: FaultPath, faults: FaultList) => CertificateTest | undefined;

/** Compiles a list of hashes, of which one must match. `read` normalizes a hash, or returns undefined. */
function hashes(of: 'fingerprint' | 'spkiHash', read: (text: string) => string | undefined, form: string): Compile {
  return (data, path, faults) => {
    const list = typeof data === 'string' ? [data] : readStrings(data, path, faults);
    if (!list) return undefined;
    const before = faults.size;
    if (list.length === 0) faults.add(path, 'needs at least one hash');
    const set = new Set(list.map(read));
    list.forEach((text, index) => {
      if (read(text) === undefined)
        faults.add(typeof data === 'string' ? path : [...path, index], `is not a hash in the expected form: ${form}`);
    });
    return faults.size > before ? undefined : (facts) => set.has(facts[of]);
  };
}

/** Compiles a matcher for names of one kind, of which one must match. A name counts only if a trusted CA issued it. */
function altName(kind: 'dns' | 'email' | 'uri'): Compile {
  return (data, path, faults) => {
    const matches: StringMatcher | undefined = compileStringMatcher(data, path, faults);
    return (
      matches &&
      ((facts, trusted) => {
        const names = facts[kind];
        if (trusted) for (let index = 0; index < names.length; index += 1) if (matches(names[index])) return true;
        return false;
      })
    );
  };
}

function readFingerprint(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  return /^[0-9A-F]{2}(?::[0-9A-F]{2}){31}$/.test(text) ? text.replaceAll(':', '').toLowerCase() : undefined;
}
const readSpkiHash = (text: string) => (/^[A-Za-z0-9+/]{43}=$/.test(text) ? text : undefined);

const members: Readonly<Record<string, Compile>> = {
  fingerprint: hashes(
    'fingerprint',
    readFingerprint,
    'SHA-256 as 64 lower-case hex digits, or as 32 upper-case pairs with colons in between',
  ),
  spki_hash: hashes('spkiHash', readSpkiHash, 'a SHA-256 hash in base64'),
  san_email: altName('email'),
  san_dns: altName('dns'),
  san_uri: altName('uri'),
};
const names = Object.keys(members);

function factsOf(input: PolicyInput): CertificateFacts | undefined {
  const leaf = input.request?.clientCertificate?.leaf;
  return typeof leaf === 'string' ? readCertificate(leaf) : undefined;
}

/** Matches the certificate that the client presented in the TLS handshake. */
export const clientCertificate = createPlainCriterion({
  name: 'client_certificate',
  doc: {
    summary:
      "Holds if the client's TLS certificate matches all given members. Of several alternative names, one must match. " +
      'Hashes are compared even if the certificate is not trusted, because the client has proven that it has the key. Names are compared only if the chain is not known to be invalid. ' +
      'Add `deny: {or: [{invalid_client_certificate: true}]}` to require a trusted certificate.',
    data: 'mapping of `fingerprint`, `spki_hash` (a string or a list), `san_email`, `san_dns`, `san_uri` (string matchers)',
    example: { san_email: { ends_with: '@example.com' } },
    source: 'Pomerium',
  },
  schema: {
    type: 'object',
    properties: {
      fingerprint: definition('textOrList'),
      spki_hash: definition('textOrList'),
      san_email: definition('textMatcher'),
      san_dns: definition('textMatcher'),
      san_uri: definition('textMatcher'),
    },
    additionalProperties: false,
  },
  value: factsOf,
  compile(data, _subpath, { path, faults }) {
    if (!isPlainObject(data)) return faults.addKind(path, `a mapping of ${names.join(', ')}`, data);
    const tests = Object.keys(data).map((key) =>
      Object.hasOwn(members, key)
        ? members[key]!(data[key], [...path, key], faults)
        : faults.addUnknown([...path, key], 'certificate matcher', key, names),
    );
    if (tests.includes(undefined)) return undefined;
    const all = tests as CertificateTest[];
    return (input) => {
      const facts = factsOf(input);
      if (!facts) return false;
      const trusted = input.request?.clientCertificate?.valid !== false;
      for (let index = 0; index < all.length; index += 1) if (!all[index]!(facts, trusted)) return false;
      return true;
    };
  },
});

const required = pass('client-certificate-required');
const invalid = pass('invalid-client-certificate');
const valid = fail('valid-client-certificate');

/** Holds if the client has no certificate, or one that the gateway does not trust. Intended for deny. */
export const invalidClientCertificate: Criterion = {
  name: 'invalid_client_certificate',
  doc: {
    summary:
      'Holds if the client presents no TLS certificate, or one whose chain does not lead to a CA in `gateway.tls.clientCaFile`. Under `deny` it refuses even before the caller is asked to log in.',
    data: 'anything, usually `true`',
    example: true,
    source: 'Pomerium',
    reasons: ['client-certificate-required', 'invalid-client-certificate', 'valid-client-certificate'],
  },
  schema: definition('anything'),
  value: ({ request }) =>
    request?.clientCertificate && {
      presented: request.clientCertificate.presented,
      valid: request.clientCertificate.valid,
    },
  compile:
    () =>
    ({ request }) => {
      const certificate = request?.clientCertificate;
      if (certificate?.valid === true) return valid;
      return (certificate?.presented ?? Boolean(certificate?.leaf)) ? invalid : required;
    },
};
