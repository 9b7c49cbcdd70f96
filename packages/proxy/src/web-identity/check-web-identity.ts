import { checkNamedFile, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { readIdentityKeys } from './identity-keys.ts';

const makeKey =
  'make a key with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out identity.pem, and set gateway.identityKeyFile: identity.pem';

/** Checks the file of identity keys, and whether each route can get what it asks for. */
export function checkWebIdentity(loaded: LoadedConfig): ConfigFault[] {
  const { gateway, routes, clusters } = loaded.config;
  const known = new Set(clusters.map(({ name }) => name));
  const fault = (path: string, message: string, hint: string): ConfigFault => ({
    path,
    message,
    hint,
    ...loaded.place(path.split('.')),
  });
  return [
    ...checkNamedFile(loaded, 'gateway.identityKeyFile', gateway.identityKeyFile, (pem) => void readIdentityKeys(pem)),
    ...routes.flatMap(({ identity: { jwt, pomeriumJwt, kubernetes } }, index) => {
      const at = `routes.${index}.identity`;
      const wanted = [
        ...(jwt ? ['jwt'] : []),
        ...(pomeriumJwt ? ['pomeriumJwt'] : []),
        ...(kubernetes == null ? [] : ['kubernetes']),
      ];
      return [
        ...(gateway.identityKeyFile == null
          ? wanted.map((field) => fault(`${at}.${field}`, 'needs a key that signs it', makeKey))
          : []),
        ...(kubernetes?.clusters ?? []).flatMap((name, place) =>
          known.has(name)
            ? []
            : [
                fault(
                  `${at}.kubernetes.clusters.${place}`,
                  `there is no cluster ${JSON.stringify(name)}`,
                  known.size === 0 ? 'add it to clusters' : `choose from ${[...known].join(', ')}`,
                ),
              ],
        ),
      ];
    }),
  ];
}
