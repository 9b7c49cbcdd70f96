import { createPublicKey, sign, type KeyObject } from 'node:crypto';

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from(head), content]);
}

const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
const time = (text: string) => der(0x18, Buffer.from(text));

/**
 * Returns a self-signed certificate (RFC 5280) for an Ed25519 key, and the key, as `tls` takes them. Only its public key
 * matters: each end knows that of the other, so it has the least that a certificate may have, and never expires.
 */
export function certificateFor(privateKey: KeyObject): { cert: string; key: string } {
  const ed25519 = sequence(Uint8Array.of(0x06, 3, 0x2b, 0x65, 0x70)); // RFC 8410, 3
  const name = sequence(
    der(0x31, sequence(Uint8Array.of(0x06, 3, 0x55, 0x04, 0x03), der(0x0c, Buffer.from('sallyport')))),
  );
  const validity = sequence(time('20200101000000Z'), time('99991231235959Z'));
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const version3 = der(0xa0, Uint8Array.of(0x02, 1, 2));
  const content = sequence(version3, Uint8Array.of(0x02, 1, 1), ed25519, name, validity, name, spki);
  const signature = sign(null, content, privateKey);
  const whole = sequence(content, ed25519, der(0x03, Uint8Array.of(0), signature));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}
