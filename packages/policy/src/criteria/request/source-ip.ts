import type { FaultPath } from '../../document/fault-list.ts';
import { quoteName } from '../../document/nearest-name.ts';
import type { CompileContext } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { compileEach } from '../../matchers/each-of.ts';
import { compileIpRange, type IpRange, parseIp } from '../../matchers/ip-range.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

// Shared by all evaluations because evaluation is synchronous: the text that was read last, and its address. So the rules
// that evaluate one request do not each parse it again.
const address = new Uint32Array(4);
const last = { text: '', isAddress: false };

/** A link-local address can have a zone, the interface on which it was seen (RFC 4007, 11). */
function withoutZone(text: string): string {
  const percent = text.indexOf('%');
  return percent < 0 ? text : text.slice(0, percent);
}

/** Reads an address into `address`. Returns false if the text is not one. */
function readAddress(text: string): boolean {
  if (text !== last.text) {
    last.text = text;
    last.isAddress = parseIp(withoutZone(text), address);
  }
  return last.isAddress;
}

function compileOne(data: unknown, path: FaultPath, { faults }: CompileContext): IpRange | undefined {
  if (typeof data !== 'string') return faults.addKind(path, 'an IP address or a CIDR range', data);
  const hint = 'write it as 10.0.0.0/8 or 2001:db8::/32';
  return compileIpRange(data) ?? faults.add(path, `${quoteName(data)} is neither an IP address nor a CIDR range`, hint);
}

/** Holds if the client's address is one of these, or is in one of these ranges. */
export const sourceIp = createPlainCriterion({
  name: 'source_ip',
  doc: {
    summary:
      'Holds if the request comes from this address or range, or from one of several. This is the address that the gateway sees, or the one behind `gateway.trustedProxies`. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the same address.',
    data: 'IP address or CIDR range, or a list of these, of which one must match',
    example: ['10.0.0.0/8', '2001:db8::/32'],
    source: 'Pomerium',
  },
  schema: definition('textOrList'),
  value: (input) => input.request?.ip,
  compile(data, _subpath, context) {
    const all = compileEach(data, (item, path) => compileOne(item, path, context), { ...context, what: 'address' });
    if (!all) return undefined;
    return (input) => {
      const text = input.request?.ip;
      if (typeof text !== 'string' || !readAddress(text)) return false;
      for (let index = 0; index < all.length; index += 1) if (all[index]!(address)) return true;
      return false;
    };
  },
});
