import path from 'node:path';

/** The files that a single process makes in its directory, by what they are for. */
export function dataFiles(directory: string) {
  const key = (name: string) => path.join(directory, 'keys', name);
  const tls = (name: string) => path.join(directory, 'tls', name);
  return {
    keys: path.join(directory, 'keys'),
    keyOf: (service: string) => key(`${service}.pem`),
    identity: key('identity.pem'),
    checkpoints: key('checkpoints.pem'),
    /** Encrypts the tokens of identity providers. */
    tokens: key('tokens.key'),
    /** The gateway's certificate and its private key, which are in one file so that they always fit together. */
    certificate: tls('gateway.pem'),
    ca: tls('ca.crt'),
    caKey: tls('ca.key'),
    /** The embedded store of events. */
    store: path.join(directory, 'audit'),
  };
}
