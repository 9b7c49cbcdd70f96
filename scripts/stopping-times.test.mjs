// Compares the time that the pods of k8s/ get to stop with what they do in it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { configJsonSchema } from './config-schema.mjs';
import { root } from './bootstrap.mjs';

const textOf = (file) => readFileSync(path.join(root, file), 'utf8');
const podOf = (service) =>
  parseAllDocuments(textOf(`k8s/base/${service}.yaml`))
    .map((document) => document.toJS())
    .find(({ kind }) => kind === 'Deployment').spec.template.spec;
const secondsOf = (duration) => Number(/^(\d+)s$/.exec(duration)[1]);

/** How long clients have to give up their connections (packages/kit/src/run-service.ts), in seconds. */
const release = Number(/^const releaseMs = (\d+);$/m.exec(textOf('packages/kit/src/run-service.ts'))[1]) / 1000;
/** For open requests after that, and for events that are still to be sent. */
const closing = 10;

describe('the time that a pod gets to stop', () => {
  const { streams } = parse(textOf('k8s/base/sallyport.yaml'));
  const drain = secondsOf(streams?.drain ?? configJsonSchema().properties.streams.properties.drain.default);

  it.each(['authenticate', 'authorize', 'audit', 'proxy'])('is enough for %s', (service) => {
    const { terminationGracePeriodSeconds, containers } = podOf(service);
    const [{ lifecycle }] = containers;
    const needed = service === 'proxy' ? Math.max(drain, release) : release;
    expect(lifecycle.preStop.sleep.seconds).toBeGreaterThanOrEqual(5);
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(lifecycle.preStop.sleep.seconds + needed + closing);
  });
});
