// A connector that does nothing else. Arguments: the gateway, the files of its private key and of the gateway's public one.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openCarrier } from '../connector/open-carrier.ts';
import { dialHere } from './index.ts';

const [url = '', keyFile = '', gatewayKeyFile = ''] = process.argv.slice(2);
const carrier = await openCarrier({
  url: new URL(url),
  connectSocket: dialHere,
  privateKey: createPrivateKey(readFileSync(keyFile)),
  gatewayKeys: [createPublicKey(readFileSync(gatewayKeyFile))],
  hello: () => ({ version: '0.0.0', reach: [], token: null }),
  dial: dialHere,
  limits: { tickMs: 100 },
});
process.stdout.write(`closed: ${await carrier.closed}\n`);
