import { generateKeyPairSync } from 'node:crypto';
import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { secrets, serviceAccounts } from '../kinds/kinds.ts';
import { unauthorized } from '../objects/api-error.ts';
import { textAt, type KubeObject } from '../objects/kube-object.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { serviceAccountGroups, serviceAccountOf, type User } from './user.ts';

/** How long a token is valid and for whom. */
type TokenTerms = {
  /** After this time it expires. Undefined: never, as that of a Secret. */
  seconds?: number;
  /** Without one, the token is for this API server. */
  audiences?: readonly string[];
  /** The Secret that keeps the token, which is not valid without it. */
  secret?: KubeObject;
};

/** The tokens of service accounts. */
export type AccountTokens = {
  issue(account: KubeObject, terms: TokenTerms): Promise<{ token: string; audiences: readonly string[] }>;
  /** Returns the service account of a token. Throws 401 if it is not valid here, or its account or Secret is gone. */
  identify(token: string): Promise<User>;
};

const issuer = 'https://kubernetes.default.svc.cluster.local';
const algorithm = 'ES256';
const refOf = ({ metadata: { name, uid } }: KubeObject) => ({ name, uid });

/** Creates what issues and verifies tokens of service accounts, with a key of its own. */
export function createAccountTokens(deps: {
  store: ObjectStore;
  clock: () => number;
  randomUUID: () => string;
}): AccountTokens {
  const { store, clock, randomUUID } = deps;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  /** Returns the account of a token. One of the same name that was made later is another one, and so is a Secret. */
  const accountOf = ({ sub = '', 'kubernetes.io': about }: JWTPayload) => {
    const { namespace = '', name = '' } = serviceAccountOf(sub) ?? {};
    const uid = store.get(serviceAccounts, namespace, name)?.metadata.uid;
    const secret = textAt(about, 'secret.name');
    const isSecret =
      secret === '' || store.get(secrets, namespace, secret)?.metadata.uid === textAt(about, 'secret.uid');
    if (uid === undefined || uid !== textAt(about, 'serviceaccount.uid') || !isSecret) throw unauthorized();
    return { namespace, uid };
  };

  return {
    async issue(account, { seconds, audiences = [], secret }) {
      const { namespace = '', name = '' } = account.metadata;
      const issuedAt = Math.floor(clock() / 1000);
      const wanted = audiences.length === 0 ? [issuer] : [...audiences];
      const about = { namespace, serviceaccount: refOf(account), ...(secret && { secret: refOf(secret) }) };
      const claims = new SignJWT({ 'kubernetes.io': about })
        .setProtectedHeader({ alg: algorithm })
        .setIssuer(issuer)
        .setSubject(`system:serviceaccount:${namespace}:${name}`)
        .setAudience(wanted)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt);
      if (seconds !== undefined) claims.setExpirationTime(issuedAt + seconds);
      return { token: await claims.sign(privateKey), audiences: wanted };
    },
    async identify(token) {
      const options = { issuer, audience: issuer, algorithms: [algorithm], currentDate: new Date(clock()) };
      const { payload } = await jwtVerify(token, publicKey, options).catch(() => {
        throw unauthorized();
      });
      const { namespace, uid } = accountOf(payload);
      return {
        username: String(payload.sub),
        uid,
        groups: [...serviceAccountGroups(namespace), 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${String(payload.jti)}`] },
      };
    },
  };
}

/** Returns the service account whose token belongs into a Secret, or undefined if it has its token or needs none. */
export function accountOfSecret(store: ObjectStore, secret: KubeObject): KubeObject | undefined {
  if (secret.type !== 'kubernetes.io/service-account-token' || textAt(secret, 'data.token') !== '') return undefined;
  const name = secret.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '';
  return store.get(serviceAccounts, secret.metadata.namespace ?? '', name);
}
