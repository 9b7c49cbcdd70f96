import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGN = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY = 86_400_000;

type CryptoKeyPair = webcrypto.CryptoKeyPair;

export type CertificateRequest = {
  commonName: string;
  /** One O attribute each. Kubernetes reads them as groups. */
  organizations?: string[];
  dnsNames?: string[];
  ipAddresses?: string[];
  emails?: string[];
  uris?: string[];
  /** For TLS client authentication. */
  client?: boolean;
  /** For TLS server authentication. The default if neither is set. */
  server?: boolean;
  /** The validity, for certificates that are meant to be refused. The default is from five minutes ago, for a year. */
  notBefore?: Date;
  notAfter?: Date;
};

/** An X.509 certificate and its PKCS #8 key as PEM. */
export type IssuedCertificate = { certPem: string; keyPem: string };

export type CertificateAuthority = {
  /** The self-signed certificate that clients trust. */
  caPem: string;
  keyPem: string;
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
};

/** Creates a certificate authority (ECDSA P-256) in memory. */
export async function createCertificateAuthority(options: { name: string }): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const subject = new x509.Name([{ CN: [exactly(options.name)] }]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    serialNumber: serialNumber(),
    ...validity({}, 10 * 365),
    signingAlgorithm: SIGN,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issuer = { subject, keys };
  return {
    caPem: pem(certificate),
    keyPem: await keyPem(keys),
    issue: (request) => issue(issuer, request),
  };
}

/** Opens a certificate authority that `createCertificateAuthority` made earlier. */
export async function openCertificateAuthority(kept: { caPem: string; keyPem: string }): Promise<CertificateAuthority> {
  const certificate = new x509.X509Certificate(kept.caPem);
  const pkcs8 = x509.PemConverter.decodeFirst(kept.keyPem);
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, EC, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', certificate.publicKey.rawData, EC, true, ['verify']),
  };
  const issuer = { subject: certificate.subjectName, keys, notAfter: certificate.notAfter };
  return { ...kept, issue: (request) => issue(issuer, request) };
}

async function issue(
  issuer: { subject: x509.Name; keys: CryptoKeyPair; notAfter?: Date },
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const names = alternativeNames(request);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: new x509.Name([
      ...(request.organizations ?? []).map((name) => ({ O: [exactly(name)] })),
      { CN: [exactly(request.commonName)] },
    ]),
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    serialNumber: serialNumber(),
    ...validity(withinIssuer(request, issuer.notAfter), 365),
    signingAlgorithm: SIGN,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(purposes(request)),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
    ],
  });
  return { certPem: pem(certificate), keyPem: await keyPem(keys) };
}

function alternativeNames(request: CertificateRequest): x509.JsonGeneralName[] {
  return [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns', value }) as const),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip', value }) as const),
    ...(request.emails ?? []).map((value) => ({ type: 'email', value }) as const),
    ...(request.uris ?? []).map((value) => ({ type: 'url', value }) as const),
  ];
}

/** A certificate that outlives its issuer is not valid any more, whatever it says. */
function withinIssuer(request: CertificateRequest, issuerEnds: Date | undefined): CertificateRequest {
  const { notAfter } = request;
  return issuerEnds === undefined || notAfter !== undefined || Date.now() + 365 * DAY < issuerEnds.getTime()
    ? request
    : { ...request, notAfter: issuerEnds };
}

function purposes(request: CertificateRequest): x509.ExtendedKeyUsage[] {
  const wanted: x509.ExtendedKeyUsage[] = [];
  if (request.server ?? !request.client) wanted.push(x509.ExtendedKeyUsage.serverAuth);
  if (request.client) wanted.push(x509.ExtendedKeyUsage.clientAuth);
  return wanted;
}

// A plain string would be parsed as RFC 4514 text, in which quotes and commas are special.
function exactly(value: string): { utf8String: string } {
  return { utf8String: value };
}

// Five minutes back, so that a peer with a slow clock does not refuse a new certificate.
function validity(wanted: { notBefore?: Date; notAfter?: Date }, days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: wanted.notBefore ?? new Date(now - 300_000),
    notAfter: wanted.notAfter ?? new Date(now + days * DAY),
  };
}

// RFC 5280 4.1.2.2: positive, at most 20 octets. The first bit is clear, so that DER needs no extra octet.
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

async function keyPem(keys: CryptoKeyPair): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY').trim()}\n`;
}
