import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createIdentityProvider } from '../identity-provider/create-identity-provider.ts';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '0.0.0.0' },
    port: { type: 'string', default: '9000' },
    issuer: { type: 'string' },
    'client-id': { type: 'string', default: 'sallyport' },
    'client-secret-file': { type: 'string' },
    'redirect-uri': { type: 'string', multiple: true, default: [] },
    'post-logout-redirect-uri': { type: 'string', multiple: true, default: [] },
  },
});
const secretFile = values['client-secret-file'];
if (secretFile === undefined) throw new Error('--client-secret-file is required');
const provider = await createIdentityProvider({
  host: values.host,
  port: Number(values.port),
  issuer: values.issuer,
  clients: [
    {
      clientId: values['client-id'],
      clientSecret: readFileSync(secretFile, 'utf8').trim(),
      redirectUris: values['redirect-uri'],
      postLogoutRedirectUris: values['post-logout-redirect-uri'],
    },
  ],
  onError: (error) => void process.stderr.write(`${error.message}\n`),
});
process.stdout.write(
  `OpenID provider for development at ${provider.issuer}, with ${provider.people.map(({ user }) => user).join(', ')}. Each password is the part before the @.\n`,
);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void provider.close().then(() => process.exit(0)));
