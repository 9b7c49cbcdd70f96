import { describe, expect, it } from '@jest/globals';
import { tracingSchema } from './tracing.ts';

const faultsOf = (tracing: unknown) =>
  tracingSchema
    .safeParse(tracing)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('\n');

describe('tracing', () => {
  it.each([undefined, {}, { otlp: null }, { otlp: '' }])('is off as %j', (tracing) => {
    expect(tracingSchema.parse(tracing)).toEqual({ otlp: undefined, sample: 0.01 });
  });

  it('has the address of a collector and a share of requests', () => {
    expect(tracingSchema.parse({ otlp: 'http://collector:4318/', sample: 0.5 })).toEqual({
      otlp: 'http://collector:4318',
      sample: 0.5,
    });
    expect(tracingSchema.parse({ otlp: 'https://collector.example.com/otlp', sample: 1 }).otlp).toBe(
      'https://collector.example.com/otlp',
    );
    expect(tracingSchema.parse({ otlp: 'http://collector:4318', sample: 0 }).sample).toBe(0);
  });

  it.each([
    'collector:4318',
    'collector',
    'grpc://collector:4317',
    'http://user:secret-1@collector:4318',
    'http://collector:4318/?key=secret-1',
    'http://collector:4318/#secret-1',
  ])('refuses the address %s, without repeating it', (otlp) => {
    expect(faultsOf({ otlp })).toBe(
      'otlp: not an http(s) URL without user, query and fragment; write it like http://collector:4318',
    );
  });

  it.each(['http://collector:4318/v1/traces', 'http://collector:4318/otlp/v1/traces/'])(
    'refuses %s, to which the path would be added again',
    (otlp) => {
      expect(faultsOf({ otlp })).toBe('otlp: must end before /v1/traces, which the gateway adds');
    },
  );

  it.each([-0.1, 1.1, 100, '0.5', null, Number.NaN])('refuses %p as the share', (sample) => {
    expect(faultsOf({ sample })).toMatch(/^sample: /);
  });

  it('says what a share outside of the range means', () => {
    expect(faultsOf({ sample: 5 })).toBe('sample: must be a share from 0 to 1, such as 0.05 for five in a hundred');
  });

  it('knows no other settings', () => {
    expect(faultsOf({ endpoint: 'http://collector:4318' })).toMatch(/endpoint/);
  });
});
