import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

type Issuer = { name: string; keys: webcrypto.CryptoKeyPair };
type Options = { by?: Issuer; hosts?: string[]; isAuthority?: boolean; algorithm?: typeof ecdsa | typeof rsassa };

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsassa = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};

/** Makes a key and its certificate in PEM, which signs itself unless an issuer does. */
async function make(name: string, { by, hosts = [], isAuthority = true, algorithm = ecdsa }: Options = {}) {
  const keys: webcrypto.CryptoKeyPair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = by ?? { name, keys };
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: `CN=${issuer.name}`,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: algorithm,
    serialNumber: `40${randomBytes(15).toString('hex')}`,
    notBefore: new Date(Date.now() - 300_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns', value }))),
    ].slice(0, hosts.length === 0 ? 1 : 2),
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const pem = (text: string) => `${text.trim()}\n`;
  return {
    name,
    keys,
    cert: pem(certificate.toString('pem')),
    key: pem(x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')),
  };
}

// A client certificate with an intermediate authority, one from no known authority, and those of servers.
const root = await make('Sallyport test client authority');
const between = await make('Sallyport test intermediate', { by: root });
export const { cert: authority } = root;
export const { cert: intermediate } = between;
export const { cert: leaf, key: leafKey } = await make('alice', { by: between, isAuthority: false });
export const { cert: stranger, key: strangerKey } = await make('stranger');
export const { cert: server, key: serverKey } = await make('localhost', { hosts: ['localhost'] });
const { cert, key } = await make('test with RSA', { algorithm: rsassa });
export const rsa = { cert, key };
