// The published schemas of audit events: up to date, complete, and compatible with every earlier version.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asyncApi from '@asyncapi/specs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { hashEvent } from '../packages/audit-proof/src/chain/hash-event.ts';
import { canonicalJson } from '../packages/audit-proof/src/canonical/canonical-json.ts';
import { auditEventTypes } from '../packages/contracts/src/audit/audit-event-types.ts';
import { auditEventSchema } from '../packages/contracts/src/audit/audit-event.ts';
import { auditAsyncApi } from './audit-asyncapi.mjs';
import { auditJsonSchema, auditMembers, auditTimes, openLists, schemaVersion } from './audit-schema.mjs';
import { auditTypes } from './audit-types.mjs';
import { breakingChanges } from './breaking-changes.mjs';

const schemas = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'docs', 'schemas');
const read = (name) => readFileSync(path.join(schemas, name), 'utf8');
const schema = JSON.parse(read('audit-event-v1.schema.json'));
const document = parse(read('audit-asyncapi.yaml'));
const hint = 'if not, run: node scripts/generate-docs.mjs';
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': dateTime } });
const validate = ajv.compile(schema);
const copyOf = (value) => JSON.parse(JSON.stringify(value));
const { payload: event, headers } = document.components.messages['k8s-request'].examples[0];

describe('the JSON Schema of audit events', () => {
  it(`is up to date (${hint})`, () => {
    expect(schema).toEqual(auditJsonSchema());
  });

  it('describes every member', () => {
    const members = [...auditMembers()];
    expect(members.length).toBeGreaterThan(200);
    expect(members.filter(([, text]) => text === undefined)).toEqual([]);
    expect(members.map(([path]) => path)).toEqual(expect.arrayContaining([...auditTimes, ...openLists]));
  });

  it('accepts an event, with members that it does not know', () => {
    expect(validate({ ...event, added: 1, sallyport: { ...event.sallyport, added: { a: [] } } })).toBe(true);
  });

  it('accepts an event with the names of members before version 0.2.0', () => {
    const decision = { ...event.sallyport.decision, judgedAs: 'create' };
    const older = { ...event, sallyport: { ...event.sallyport, decision } };
    expect(validate(older)).toBe(true);
    expect(auditEventSchema.parse(older)).toMatchObject({ sallyport: { decision: { judgedAs: 'create' } } });
  });

  const broken = (change) => {
    const copy = copyOf(event);
    change(copy);
    return copy;
  };
  it.each([
    ['no auditID', broken((one) => delete one.auditID)],
    ['no producer', broken((one) => delete one.sallyport.producer)],
    ['a stage that does not exist', broken((one) => (one.stage = 'Done'))],
    ['a time that is none', broken((one) => (one.stageTimestamp = 'yesterday'))],
    ['a hash that is none', broken((one) => (one.sallyport.hash = 'abc'))],
    ['a number that is too small', broken((one) => (one.sallyport.seq = 0))],
    ['groups that are no list', broken((one) => (one.user.groups = 'developers'))],
  ])('refuses an event with %s', (_what, changed) => {
    expect(validate(changed)).toBe(false);
  });

  it('is no stricter than what the services accept, except for times', () => {
    expect(auditEventSchema.safeParse(event).success).toBe(true);
    expect(auditEventSchema.safeParse(broken((one) => delete one.auditID)).success).toBe(false);
  });
});

describe('the AsyncAPI document of the audit topic', () => {
  const specification = asyncApi.schemasWithoutId['3.0.0'];
  const check = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(specification);

  it(`is up to date (${hint})`, () => {
    expect(document).toEqual(auditAsyncApi());
  });

  it('is a document of AsyncAPI 3.0', () => {
    check(document);
    expect(check.errors ?? []).toEqual([]);
  });

  it.each([
    ['a misspelled member', (one) => (one.channels.audit.adress = 'x')],
    ['no title', (one) => delete one.info.title],
    ['a binding that does not exist', (one) => (one.channels.audit.bindings.kafka.subject = 'x')],
  ])('would not be one with %s', (_what, change) => {
    const copy = copyOf(document);
    change(copy);
    expect(check(copy)).toBe(false);
  });

  it('has a message for every event type', () => {
    expect(new Set(Object.keys(auditTypes))).toEqual(new Set(auditEventTypes));
    expect(Object.values(document.components.messages).map(({ name }) => name)).toEqual([...auditEventTypes]);
  });

  it('requires only members of events that exist', () => {
    const required = Object.values(auditTypes).flatMap(({ has }) => has.map((name) => `sallyport.${name}`));
    expect([...auditMembers().keys()]).toEqual(expect.arrayContaining(required));
  });

  it('has an example whose hash can be recomputed by hand', () => {
    const { hash, ...part } = event.sallyport;
    const { ce_id: id, ce_type: type, ce_time: time } = headers;
    const dataText = canonicalJson({ ...event, sallyport: part });
    expect(hashEvent(part.prevHash, { id, type, time, dataText })).toBe(hash);
    expect(validate(event)).toBe(true);
  });
});

describe('a new version of the schema', () => {
  const older = readdirSync(path.join(schemas, 'older'));

  it.each(older)('only adds optional members to version %s', (version) => {
    expect(
      breakingChanges(JSON.parse(read(path.join('older', version, 'audit-event-v1.schema.json'))), schema),
    ).toEqual([]);
  });

  it('has a number that no older one has', () => {
    expect(older).not.toContain(schemaVersion);
    expect(older.length).toBeGreaterThan(0);
  });

  const changed = (change) => {
    const copy = copyOf(schema);
    change(copy.properties, copy);
    return breakingChanges(schema, copy);
  };
  it.each([
    ['removes a member', (one) => delete one.userAgent, ['$.userAgent: has been removed']],
    [
      'removes a member inside a list',
      (one) => delete one.sallyport.properties.portForward.properties.ports.items.properties.port,
      ['$.sallyport.portForward.ports[].port: has been removed'],
    ],
    ['changes a type', (one) => (one.verb.type = 'number'), ['$.verb: type has changed']],
    ['adds a value to a closed list', (one) => one.stage.enum.push('Begun'), ['$.stage: enum has changed']],
    ['narrows a text', (one) => (one.verb.pattern = '^[a-z]+$'), ['$.verb: pattern has changed']],
    [
      'forbids unknown members',
      (one) => (one.sallyport.additionalProperties = false),
      ['$.sallyport: additionalProperties has changed'],
    ],
    ['lets a member be missing', (_one, all) => all.required.pop(), ['$.sallyport: may be missing now']],
    ['requires a member', (_one, all) => all.required.push('userAgent'), ['$.userAgent: older events may lack it']],
  ])('is not compatible if it %s', (_what, change, faults) => {
    expect(changed(change)).toEqual(faults);
  });

  it('is compatible if it adds an optional member, a description or an object', () => {
    expect(
      changed((one) => {
        one.verb.description = 'Other words.';
        one.sallyport.properties.added = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } };
      }),
    ).toEqual([]);
  });
});
