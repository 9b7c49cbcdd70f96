/** Encodes a value in DER (X.690): its tag, its length, and its parts one after the other. At most 65,535 bytes. */
export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
export const set = (...parts: readonly Buffer[]): Buffer => der(0x31, ...parts);
export const octetString = (content: Buffer): Buffer => der(0x04, content);
/** A bit string without unused bits. */
export const bitString = (content: Buffer): Buffer => der(0x03, Buffer.from([0]), content);
/** An integer that is positive, and whose first bit is clear. */
export const integer = (content: Buffer): Buffer => der(0x02, content);
export const text = (tag: number, content: string): Buffer => der(tag, Buffer.from(content, 'latin1'));

/** Encodes an object identifier such as `1.2.840.10045`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...others].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let rest = arc >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
    return digits;
  });
  return der(0x06, Buffer.from(bytes));
}

/** Wraps DER as PEM (RFC 7468). */
export const pem = (label: string, content: Buffer): string =>
  `-----BEGIN ${label}-----\n${content.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
