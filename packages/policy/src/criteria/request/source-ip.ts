import { quoteName } from '../../document/nearest-name.ts';
import { kindOf } from '../../document/plain-object.ts';
import type { CompileContext, Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileIpRange, type IpRange, parseIp } from '../../matchers/ip-range.ts';

const ok = pass('source-ip-ok');
const unauthorized = fail('source-ip-unauthorized');

// Scratch space, shared by all evaluations because evaluation is synchronous.
const address = new Uint32Array(4);

/** A link-local address can have a zone, the interface on which it was seen (RFC 4007, 11). */
function withoutZone(text: string): string {
  const percent = text.indexOf('%');
  return percent < 0 ? text : text.slice(0, percent);
}

function compileOne(data: unknown, path: CompileContext['path'], { faults }: CompileContext): IpRange | undefined {
  if (typeof data !== 'string') {
    faults.add(path, `must be an IP address or a CIDR range, not ${kindOf(data)}`);
    return undefined;
  }
  const range = compileIpRange(data);
  if (!range)
    faults.add(
      path,
      `${quoteName(data)} is neither an IP address nor a CIDR range`,
      'write it as 10.0.0.0/8 or 2001:db8::/32',
    );
  return range;
}

/** Holds if the client's address is one of these, or is in one of these ranges. */
export const sourceIp: Criterion = {
  name: 'source_ip',
  doc: {
    summary:
      'Holds if the request comes from this address or range, or from one of several. This is the address that the gateway sees, or the one behind `gateway.trustedProxies`. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the same address.',
    data: 'IP address or CIDR range, or a list of these, of which one must match',
    example: ['10.0.0.0/8', '2001:db8::/32'],
    source: 'Pomerium',
    reasons: ['source-ip-ok', 'source-ip-unauthorized'],
  },
  schema: definition('textOrList'),
  value: (input) => input.request?.ip,
  compile(data, _subpath, context) {
    const list: unknown[] = Array.isArray(data) ? data : [data];
    if (list.length === 0) context.faults.add(context.path, 'needs at least one address');
    const ranges = list.map((item, index) =>
      compileOne(item, Array.isArray(data) ? [...context.path, index] : context.path, context),
    );
    if (list.length === 0 || ranges.includes(undefined)) return undefined;
    const all = ranges as IpRange[];
    return (input) => {
      const text = input.request?.ip;
      if (typeof text !== 'string' || !parseIp(withoutZone(text), address)) return unauthorized;
      for (let index = 0; index < all.length; index += 1) if (all[index]!(address)) return ok;
      return unauthorized;
    };
  },
};
