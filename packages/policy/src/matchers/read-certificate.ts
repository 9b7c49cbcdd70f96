import { createHash, X509Certificate } from 'node:crypto';

/** Subject alternative names by kind. */
type AltNames = {
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
};

const kinds = { DNS: 'dns', email: 'email', URI: 'uri' } as const;

/** Returns the end of the name that begins at `start`: the next `, ` outside of quotes, or the end of the text. */
function endOfName(text: string, start: number): number {
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\' && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ',' && text[at + 1] === ' ') return at;
  }
  return text.length;
}

function unquote(value: string): string | undefined {
  if (!value.startsWith('"')) return value;
  try {
    return JSON.parse(value) as string;
  } catch {
    return undefined;
  }
}

/**
 * Parses the extension as formatted by Node.js (`DNS:a, URI:"b, c"`). Node.js quotes an ambiguous name as JSON, so a
 * name cannot contain another one.
 */
export function parseAltNames(text: string | undefined): AltNames {
  const names = { dns: [] as string[], email: [] as string[], uri: [] as string[] };
  for (let at = 0; text !== undefined && at < text.length;) {
    const end = endOfName(text, at);
    const colon = text.indexOf(':', at);
    const kind = colon < 0 || colon > end ? '' : text.slice(at, colon);
    const value = Object.hasOwn(kinds, kind) ? unquote(text.slice(colon + 1, end)) : undefined;
    if (value !== undefined) names[kinds[kind as keyof typeof kinds]].push(value);
    at = end + 2;
  }
  return names;
}

/**
 * The values of a certificate that policies compare: the hashes of the certificate (hex) and of its public key
 * (base64), and its alternative names.
 */
export type CertificateFacts = AltNames & { readonly fingerprint: string; readonly spkiHash: string };

const maxText = 32_768;
const maxKept = 1000;
const kept = new Map<string, CertificateFacts | undefined>();

function parse(pem: string): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
    return {
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      spkiHash: createHash('sha256').update(spki).digest('base64'),
      ...parseAltNames(certificate.subjectAltName),
    };
  } catch {
    return undefined;
  }
}

/**
 * Reads the first certificate of a PEM text; undefined if there is none. The last thousand texts are cached. Neither
 * dates nor signatures are checked.
 */
export function readCertificate(pem: string): CertificateFacts | undefined {
  if (pem.length > maxText || !pem.includes('-----BEGIN CERTIFICATE-----')) return undefined;
  const known = kept.get(pem);
  if (known !== undefined || kept.has(pem)) return known;
  const facts = parse(pem.trim());
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value!);
  kept.set(pem, facts);
  return facts;
}
