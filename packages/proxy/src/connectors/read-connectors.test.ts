import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readConnectors } from './read-connectors.ts';

const newKey = () => generateKeyPairSync('ed25519').publicKey;
const base64 = (key = newKey()) => key.export({ type: 'spki', format: 'der' }).toString('base64');

describe('the keys of connectors', () => {
  it('are read in PEM and in base64', () => {
    const [one, other] = [newKey(), newKey()];
    const pem = one.export({ type: 'spki', format: 'pem' }) as string;
    const { connectors, faults } = readConnectors([{ name: 'factory', publicKeys: [pem, ` ${base64(other)}\n`] }]);
    expect(faults).toEqual([]);
    expect(connectors[0]!.keys.map((key, index) => key.equals([one, other][index]!))).toEqual([true, true]);
  });

  it('must be Ed25519, and each that of one connector, in whatever form it is written', () => {
    const shared = newKey();
    const pem = shared.export({ type: 'spki', format: 'pem' }) as string;
    const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { faults } = readConnectors([
      { name: 'factory', publicKeys: [base64(shared), base64(rsa), 'nonsense'] },
      { name: 'lab', publicKeys: [base64(), pem] },
    ]);
    expect(faults).toEqual([
      { path: 'connectors.0.publicKeys.1', message: 'is not an Ed25519 public key (SPKI, PEM or base64)' },
      { path: 'connectors.0.publicKeys.2', message: 'is not an Ed25519 public key (SPKI, PEM or base64)' },
      { path: 'connectors.1.publicKeys.1', message: 'is also a key of the connector "factory"' },
    ]);
  });
});
