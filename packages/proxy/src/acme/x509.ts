import { createPublicKey, generateKeyPairSync, hash, randomBytes, sign, type KeyObject } from 'node:crypto';
import { bitString, der, integer, objectIdentifier, octetString, pem, sequence, set, text } from './der.ts';

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const publicKeyOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });

/** Signs what a key owner says, which is how both requests and certificates end. */
function signed(content: Buffer, key: KeyObject): Buffer {
  return sequence(content, ecdsaWithSha256, bitString(sign('sha256', content, key)));
}

/** The extension subjectAltName (RFC 5280, 4.2.1.6) with these host names. */
function subjectAltName(hosts: readonly string[]): Buffer {
  const names = sequence(...hosts.map((host) => text(0x82, host)));
  return sequence(objectIdentifier('2.5.29.17'), octetString(names));
}

/** Creates a private key for a certificate or an account: EC on P-256. */
export function createKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Creates the request (PKCS #10, DER) for a certificate with these host names, and no other name. */
export function createCertificateRequest(hosts: readonly string[], key: KeyObject): Buffer {
  const extensionRequest = sequence(objectIdentifier('1.2.840.113549.1.9.14'), set(sequence(subjectAltName(hosts))));
  const version = integer(Buffer.from([0]));
  return signed(sequence(version, sequence(), publicKeyOf(key), der(0xa0, extensionRequest)), key);
}

const utcTime = (ms: number): Buffer =>
  text(0x17, new Date(ms).toISOString().replace(/^..(..)-(..)-(..)T(..):(..):(..).*$/, '$1$2$3$4$5$6Z'));

/** How far the clock of an ACME server may differ, in milliseconds. */
const aroundNow = 86_400_000;

/**
 * Creates the self-signed certificate that answers the challenge tls-alpn-01 (RFC 8737, 3) for one host, with its key as
 * PEM. It carries the hash of the key authorization, and no client trusts it.
 */
export function createChallengeCertificate(
  { host, keyAuthorization }: { host: string; keyAuthorization: string },
  now: number,
): { cert: string; key: string } {
  const key = createKey();
  const acmeIdentifier = sequence(
    objectIdentifier('1.3.6.1.5.5.7.1.31'),
    der(0x01, Buffer.from([0xff])), // critical
    octetString(octetString(hash('sha256', keyAuthorization, 'buffer'))),
  );
  const name = sequence(set(sequence(objectIdentifier('2.5.4.3'), text(0x0c, 'ACME challenge'))));
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const content = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    ecdsaWithSha256,
    name,
    sequence(utcTime(now - aroundNow), utcTime(now + aroundNow)),
    name,
    publicKeyOf(key),
    der(0xa3, sequence(subjectAltName([host]), acmeIdentifier)),
  );
  return {
    cert: pem('CERTIFICATE', signed(content, key)),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
