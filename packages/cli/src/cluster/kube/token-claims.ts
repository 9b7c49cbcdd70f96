import { fieldOf } from '../../input/field-of.ts';

/** What a token says about itself. It is not verified. Times are in milliseconds. */
export type TokenClaims = {
  subject: string | undefined;
  issuer: string | undefined;
  issuedAt: number | undefined;
  expiresAt: number | undefined;
};

/** Reads the claims of a JWT without verifying it. Returns undefined for another kind of token. */
export function readTokenClaims(token: string): TokenClaims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const text = (name: string) => {
      const value = fieldOf(claims, name);
      return typeof value === 'string' ? value : undefined;
    };
    const time = (name: string) => {
      const value = fieldOf(claims, name);
      return typeof value === 'number' ? value * 1000 : undefined;
    };
    return { subject: text('sub'), issuer: text('iss'), issuedAt: time('iat'), expiresAt: time('exp') };
  } catch {
    return undefined;
  }
}
