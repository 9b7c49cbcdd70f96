import { describe, expect, it } from '@jest/globals';
import { readConfig } from './load-config.ts';

const faultsOf = (text: string) => {
  try {
    readConfig(text, 'sallyport.yaml', {});
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(/^sallyport\.yaml:\d+:\d+: /, ''));
  }
};

describe('a fault that the schema finds', () => {
  it.each([
    ['gateway: {}', 'gateway.url: is missing'],
    ['identity: {providers: [{id: corp}]}', 'identity.providers.0.issuer: is missing'],
    ['clusters: 5', 'clusters: must be a list, not a number'],
    ['clusters: [{name: [a]}]', 'clusters.0.name: must be text, not a list'],
    ['gateway: [a]', 'gateway: must be a mapping, not a list'],
    ['explain: yes please', 'explain: must be true or false, not text'],
    ['streams: {perUser: many}', 'streams.perUser: must be a number, not text'],
    ['streams:', 'streams: must be a mapping, not empty'],
    ['policyFile: ""', 'policyFile: is empty'],
    ['audit: {kafka: {brokers: []}}', 'audit.kafka.brokers: is empty'],
  ])('is told in the words of the file: %s', (text, words) => {
    const found = faultsOf(`${text}\n${text.startsWith('gateway') ? '' : "gateway: {url: 'http://gate'}\n"}`);
    expect(found).toContain(words);
    expect(found.join('\n')).not.toMatch(/received|expected|Too small/);
  });
});
