import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import { ApiFailure } from '../api/api-failure.ts';

const keySchema = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
});

const scopes = ['group.readonly', 'group.member.readonly', 'user.readonly']
  .map((name) => `https://www.googleapis.com/auth/admin.directory.${name}`)
  .join(' ');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Builds the form with which a service account requests an access token on behalf of an administrator (RFC 7523).
 * Throws an ApiFailure if the key cannot be used.
 */
export async function googleTokenForm(
  keyText: string,
  about: { admin: string; tokenUrl: string; now: number },
): Promise<Record<string, string>> {
  const parsed = keySchema.safeParse(parse(keyText));
  if (!parsed.success) throw new ApiFailure('serviceAccountFile is not the key file of a Google service account');
  const { client_email: issuer, private_key: pem, private_key_id: kid } = parsed.data;
  const key = await importPKCS8(pem, 'RS256').catch(() => {
    throw new ApiFailure('the private key in serviceAccountFile cannot be read');
  });
  const issuedAt = Math.floor(about.now / 1000);
  const assertion = await new SignJWT({ scope: scopes })
    .setProtectedHeader({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) })
    .setIssuer(issuer)
    .setSubject(about.admin)
    .setAudience(about.tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 3600)
    .sign(key);
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
}
