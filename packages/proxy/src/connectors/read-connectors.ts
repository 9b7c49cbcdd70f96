import type { KeyObject } from 'node:crypto';
import { keyIdOf } from '@sallyport/carrier';
import type { ConnectorConfig } from '@sallyport/contracts';
import { readPublicKey, type ConfigFault } from '@sallyport/kit';

/** A connector, and the keys by which it is known. */
export type KnownConnector = { name: string; keys: readonly KeyObject[] };

/** Reads the keys of all connectors, with the faults of those that are none, or that another connector has. */
export function readConnectors(configs: readonly ConnectorConfig[]): {
  connectors: KnownConnector[];
  faults: ConfigFault[];
} {
  const faults: ConfigFault[] = [];
  const owners = new Map<string, string>();
  const readKey = (name: string, text: string, path: string): KeyObject[] => {
    let key: KeyObject;
    try {
      key = readPublicKey(text.trim());
    } catch {
      faults.push({ path, message: 'is not an Ed25519 public key (SPKI, PEM or base64)' });
      return [];
    }
    const id = keyIdOf(key);
    const owner = owners.get(id) ?? name;
    owners.set(id, owner);
    if (owner !== name) faults.push({ path, message: `is also a key of the connector "${owner}"` });
    return [key];
  };
  const connectors = configs.map(({ name, publicKeys }, at) => ({
    name,
    keys: publicKeys.flatMap((text, index) => readKey(name, text, `connectors.${at}.publicKeys.${index}`)),
  }));
  return { connectors, faults };
}
