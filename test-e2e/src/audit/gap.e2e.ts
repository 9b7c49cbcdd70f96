import { afterAll, beforeAll, expect, it } from '@jest/globals';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { readAuditSchema } from '../harness/audit-schema.ts';
import { messageOf } from '../harness/audit-check.ts';
import { describeWith, startGateway, startPractice, type Gateway, type PracticeAccess } from '../harness/index.ts';

/** More than an ordinary event has, and less than one with a long selector. */
const mostBytes = 4000;
const pods = '/api/v1/namespaces/dev/pods';

describeWith(['redis', 'kafka', 'postgres'], 'an event that is too large for the topic', () => {
  let [gateway, practice]: [Gateway, PracticeAccess] = [undefined!, undefined!];
  const ask = async (where: string) => {
    const { token } = await gateway.login('alice@example.com');
    return (await gateway.request(`/clusters/dev${where}`, { token })).status;
  };

  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      audit: { spool: { dir: './spool', maxBytes: '64MiB' } },
    });
    expect(await ask(pods)).toBe(200);
    const admin = new Kafka({ brokers: gateway.kafka!.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const [type, name] = [kafkajs.ConfigResourceTypes.TOPIC, gateway.kafka!.topic];
    const configEntries = [{ name: 'max.message.bytes', value: `${mostBytes}` }];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
    await admin.disconnect();
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });

  it('is reported by the gateway with its number, which is the one that is missing', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `name-${index}`);
    expect(await ask(`${pods}?labelSelector=${encodeURIComponent(`app in (${names.join(',')})`)}`)).toBe(200);
    // The event of the request and the one of its end.
    await gateway.audit.await({ type: 'audit.gap' }, 2);
    expect(await ask(pods)).toBe(200);
    const schema = readAuditSchema();
    const all = gateway.audit.all();
    for (const report of all.filter(({ type }) => type === 'audit.gap')) {
      expect(schema.faultsOf(messageOf(report))).toEqual([]);
      const { producer, gap } = report.data.sallyport;
      expect(report.source).toBe('sallyport/proxy');
      expect(gap).toEqual({
        producer,
        from: gap!.from,
        to: gap!.from,
        reason: expect.stringContaining('Kafka refuses the event'),
      });
      const of = all.filter(({ data }) => data.sallyport.producer === producer).map(({ data }) => data.sallyport.seq);
      expect(of).not.toContain(gap!.from);
      expect(Math.max(...of.map((seq) => seq ?? 0))).toBeGreaterThan(gap!.from);
    }
  });

  it('is named by the verification, with the reason', async () => {
    const person = await gateway.person('alice@example.com');
    const { stdout } = await person.cli(['audit', 'verify', '-o', 'json', '--topic', '--config', gateway.configFile]);
    const { faults } = JSON.parse(stdout) as { faults: { kind: string; announced?: string }[] };
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults)
      expect(fault).toMatchObject({ kind: 'missing', announced: expect.stringContaining('Kafka refuses the event') });
  });
});
