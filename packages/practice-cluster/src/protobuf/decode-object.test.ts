import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../objects/api-error.ts';
import { decodeObject } from './decode-object.ts';

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function field(number: number, value: string | Buffer | number): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)]);
  return Buffer.concat([varint(number * 8 + 2), varint(Buffer.byteLength(value)), Buffer.from(value)]);
}

function message(...fields: Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from('k8s\0'),
    field(1, message(field(1, apiVersion), field(2, kind))),
    field(2, raw),
    field(3, ''),
    field(4, ''),
  ]);
}

describe('an object in protobuf', () => {
  it('is decoded to its JSON, without empty fields', () => {
    const metadata = message(
      field(1, 'x'),
      field(2, ''),
      field(3, 'dev'),
      field(7, 0),
      field(8, ''),
      field(11, message(field(1, 'app'), field(2, 'web'))),
    );
    expect(
      decodeObject(
        envelope(
          'v1',
          'ConfigMap',
          message(
            field(1, metadata),
            field(2, message(field(1, 'k'), field(2, '\u00fc'))),
            field(3, message(field(1, 'b'), field(2, Buffer.from([255])))),
          ),
        ),
      ),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', namespace: 'dev', generation: 0, labels: { app: 'web' } },
      data: { k: '\u00fc' },
      binaryData: { b: '/w==' },
    });
  });

  it('keeps an explicit zero, an empty group in a list and both forms of a port', () => {
    const port = (value: Buffer): Buffer => message(field(3, 80), field(4, value));
    expect(
      decodeObject(
        envelope(
          'v1',
          'Service',
          field(
            2,
            message(
              field(1, port(message(field(1, 0), field(2, 8080), field(3, '')))),
              field(1, port(message(field(1, 1), field(2, 0), field(3, 'http')))),
            ),
          ),
        ),
      ),
    ).toMatchObject({
      spec: {
        ports: [
          { port: 80, targetPort: 8080 },
          { port: 80, targetPort: 'http' },
        ],
      },
    });
    expect(
      decodeObject(envelope('rbac.authorization.k8s.io/v1', 'Role', field(2, message(field(1, 'get'), field(2, ''))))),
    ).toMatchObject({ rules: [{ verbs: ['get'], apiGroups: [''] }] });
    expect(decodeObject(envelope('apps/v1', 'Deployment', field(2, field(1, 0))))).toMatchObject({
      spec: { replicas: 0 },
    });
  });

  it('is refused if it has an unknown field or kind', () => {
    expect(() => decodeObject(envelope('v1', 'ConfigMap', field(77, 'x')))).toThrow(
      'cannot read field 77 of a ConfigMap',
    );
    expect(() => decodeObject(envelope('v1', 'Widget', Buffer.alloc(0)))).toThrow('cannot read a Widget');
  });

  it('of any bytes is either decoded or refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom('ConfigMap', 'Pod', 'Deployment'),
        (bytes, kind) => {
          try {
            decodeObject(envelope('v1', kind, Buffer.from(bytes)));
            decodeObject(Buffer.from(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(ApiError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
