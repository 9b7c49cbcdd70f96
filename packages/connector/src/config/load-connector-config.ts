import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import path from 'node:path';
import {
  checkNamedFile,
  ConfigFaults,
  readPublicKeys,
  readTextFile,
  readYaml,
  schemaFaults,
  type ConfigFault,
} from '@sallyport/kit';
import { connectorConfigSchema, type ConnectorFile } from './connector-config.ts';

const largestFile = 256 * 1024;

/** The configuration of a connector, with the keys and certificates that it names. */
export type ConnectorConfig = Omit<ConnectorFile, 'gatewayPublicKeys' | 'keyFile' | 'caFile'> & {
  privateKey: KeyObject;
  gatewayKeys: readonly KeyObject[];
  /** PEM. */
  ca: string | undefined;
};

function readPrivateKey(pem: Buffer): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The message of the parser may say what is in the file.
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new Error('is not an Ed25519 private key (PKCS #8 PEM); make one with: sallyport connector keygen');
  return key;
}

function readAuthorities(pem: Buffer): string {
  try {
    void new X509Certificate(pem);
  } catch {
    throw new Error('is not a certificate in PEM');
  }
  return pem.toString('utf8');
}

function readGatewayKeys(texts: readonly string[], faults: ConfigFault[]): KeyObject[] {
  return texts.flatMap((text, index) => {
    try {
      return readPublicKeys(text);
    } catch {
      const message = 'is not an Ed25519 public key (SPKI, PEM or base64)';
      faults.push({ path: `gatewayPublicKeys.${index}`, message });
      return [];
    }
  });
}

/** Reads connector.yaml and the files that it names, which are relative to it. Throws ConfigFaults with every fault. */
export function loadConnectorConfig(name: string): ConnectorConfig {
  const file = path.resolve(name);
  const { text, fault, identity } = readTextFile(file, largestFile);
  if (text === undefined) {
    const hint = identity === 'none' ? { hint: 'set the file with --config' } : {};
    throw new ConfigFaults(name, [{ path: '', message: fault!, ...hint }]);
  }
  const read = readYaml(text, largestFile);
  if (!read.ok) throw new ConfigFaults(name, read.faults);
  const { data, place } = read.yaml;
  const parsed = connectorConfigSchema.safeParse(data ?? {});
  if (!parsed.success) throw new ConfigFaults(name, schemaFaults(connectorConfigSchema, parsed.error.issues, place));
  const { gatewayPublicKeys, keyFile, caFile, ...settings } = parsed.data;

  const named = { place, resolvePath: (one: string) => path.resolve(path.dirname(file), one) };
  let [privateKey, ca]: [KeyObject?, string?] = [];
  const faults = [
    ...checkNamedFile(named, 'keyFile', keyFile, (content) => (privateKey = readPrivateKey(content))),
    ...checkNamedFile(named, 'caFile', caFile, (content) => (ca = readAuthorities(content))),
  ];
  const gatewayKeys = readGatewayKeys(gatewayPublicKeys, faults);
  if (faults.length > 0)
    throw new ConfigFaults(
      name,
      faults.map((one) => ({ ...one, ...place(one.path.split('.')) })),
    );
  return { ...settings, privateKey: privateKey!, gatewayKeys, ca };
}
